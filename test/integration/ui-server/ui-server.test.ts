import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import http from "node:http";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { UiJob } from "../../../src-main/protocol/ui-contract.ts";
import {
  startUiServer,
  type UiServer,
} from "../../../src-main/ui-server/ui-server.ts";
import { FakeUiHost, fakeUiJob } from "../../fixtures/fake-ui-host.ts";

const token = "0123456789abcdef0123456789abcdef";
const listen = { host: "127.0.0.1", port: 0 };
let host: FakeUiHost;
let server: UiServer;
let folder: string;
let bugs: unknown[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "reelfarm-ui-"));
  await mkdir(path.join(folder, "bundle", "assets"), { recursive: true });
  await writeFile(path.join(folder, "secret.txt"), "secret");
  await writeFile(path.join(folder, "bundle", "index.html"), "<p>page</p>");
  await writeFile(path.join(folder, "bundle", ".env"), "secret");
  await writeFile(path.join(folder, "bundle", "assets", "a-1.js"), "1;");
  await symlink(
    path.join(folder, "secret.txt"),
    path.join(folder, "bundle", "link.txt"),
  );
  host = new FakeUiHost([fakeUiJob("one")]);
  bugs = [];
  const onBug = (error: unknown): void => void bugs.push(error);
  const bundleFolder = path.join(folder, "bundle");
  server = await startUiServer({ host, listen, token, bundleFolder, onBug });
});

afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** A face that keeps every frame it got. */
class Face {
  readonly socket: WebSocket;
  readonly frames: Record<string, unknown>[] = [];
  closed: { code: number } | null = null;
  #wake: () => void = () => undefined;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data) => {
      this.frames.push(
        JSON.parse((data as Buffer).toString()) as Record<string, unknown>,
      );
      this.#wake();
    });
    socket.on("error", () => undefined);
    socket.on("close", (code) => {
      this.closed = { code };
      this.#wake();
    });
  }

  static async open(): Promise<Face> {
    const face = new Face(dial({ authorization: `Bearer ${token}` }));
    await new Promise((resolve, reject) => {
      face.socket.once("open", resolve);
      face.socket.once("error", reject);
    });
    return face;
  }

  ask(id: number, request: unknown): void {
    this.socket.send(JSON.stringify({ id, request }));
  }

  /** Waits for a frame (or the close) that makes the condition true. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition())
      await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

function dial(headers: Record<string, string>, query = ""): WebSocket {
  const address = `ws://127.0.0.1:${String(server.port)}/ui${query}`;
  return new WebSocket(address, { headers, perMessageDeflate: false });
}

function refusalStatus(socket: WebSocket): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    socket.once("unexpected-response", (_request, response) => {
      resolve(response.statusCode);
      socket.terminate();
    });
    socket.once("open", () => reject(new Error("was let in")));
    socket.on("error", () => undefined);
  });
}

interface Page {
  readonly status: number | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** Sends the path as it is: no client tidies it up on the way. */
function getPage(
  rawPath: string,
  options: http.RequestOptions = {},
): Promise<Page> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { port: server.port, host: "127.0.0.1", path: rawPath, ...options },
      (response) => {
        let body = "";
        response.on("data", (chunk: Buffer) => (body += chunk.toString()));
        response.on("end", () => {
          const { statusCode: status, headers } = response;
          resolve({ status, headers, body });
        });
      },
    );
    request.once("error", reject);
    request.end();
  });
}

test("a wrong token, Origin or Host does not get in", async () => {
  const own = `http://127.0.0.1:${String(server.port)}`;
  expect(await refusalStatus(dial({}))).toBe(401);
  expect(await refusalStatus(dial({}, "?token=wrong"))).toBe(401);
  const good = { authorization: `Bearer ${token}` };
  expect(
    await refusalStatus(dial({ ...good, origin: "http://evil.example" })),
  ).toBe(403);
  expect(
    await refusalStatus(
      dial({ ...good, host: `evil.example:${String(server.port)}` }),
    ),
  ).toBe(403);
  const browser = dial({ origin: own }, `?token=${token}`);
  await new Promise((resolve) => browser.once("open", resolve));
  browser.close();
});

test("the upgrade is only at /ui", async () => {
  const socket = new WebSocket(
    `ws://127.0.0.1:${String(server.port)}/other?token=${token}`,
  );
  expect(await refusalStatus(socket)).toBe(404);
});

test("one answer per request, failures as code, sentence and next step", async () => {
  const face = await Face.open();
  face.ask(1, { type: "snapshot" });
  face.ask(2, { type: "pause-queue" });
  face.ask(3, { type: "cancel-job", jobId: "nope" });
  await face.until(() => face.frames.length === 3);
  const [snapshot, answer, refusal] = face.frames;
  expect(snapshot).toMatchObject({ kind: "answer", id: 1 });
  expect(snapshot?.["answer"]).toEqual(host.snapshot());
  expect(answer).toEqual({ kind: "answer", id: 2, answer: null });
  expect(refusal).toEqual({
    kind: "refusal",
    id: 3,
    failure: {
      code: "job-unknown",
      detail: "nope",
      text: "There is no job nope.",
      nextStep: "See `reelfarm queue`.",
    },
  });
  expect(host.requests).toEqual([
    { type: "pause-queue" },
    { type: "cancel-job", jobId: "nope" },
  ]);
});

test("changes are pushed only to who has asked for the snapshot", async () => {
  const follower = await Face.open();
  const script = await Face.open();
  follower.ask(1, { type: "snapshot" });
  await follower.until(() => follower.frames.length === 1);
  host.changeJobs([fakeUiJob("two")]);
  await follower.until(() => follower.frames.length === 2);
  expect(follower.frames[1]).toMatchObject({
    kind: "change",
    change: { revision: 8, removedJobIds: ["one"] },
  });
  script.ask(1, { type: "pause-queue" });
  await script.until(() => script.frames.length === 1);
  expect(script.frames[0]).toMatchObject({ kind: "answer", id: 1 });
});

test("a request that does not fit the schema is refused, the line stays", async () => {
  const face = await Face.open();
  face.ask(1, { type: "cancel-job", jobId: "../../etc" });
  face.ask(2, { type: "run-command", command: "x" });
  face.ask(3, { type: "pause-queue", extra: true });
  face.ask(4, { type: "pause-queue" });
  await face.until(() => face.frames.length === 4);
  expect(face.frames.map((frame) => [frame["id"], frame["kind"]])).toEqual([
    [1, "refusal"],
    [2, "refusal"],
    [3, "refusal"],
    [4, "answer"],
  ]);
  expect(face.frames[0]?.["failure"]).toMatchObject({ code: "peer-broken" });
  expect(host.requests).toEqual([{ type: "pause-queue" }]);
});

test.each([
  ["no JSON", "{"],
  ["no id", JSON.stringify({ request: { type: "snapshot" } })],
  ["a negative id", JSON.stringify({ id: -1, request: { type: "snapshot" } })],
  ["a list", "[1,2]"],
  ["bytes", Buffer.from([1, 2, 3])],
])("what is no request at all ends the line: %s", async (_name, message) => {
  const face = await Face.open();
  face.socket.send(message);
  await face.until(() => face.closed !== null);
  expect(face.closed).toEqual({ code: 1008 });
});

test("an oversized message ends the line and is not kept", async () => {
  const face = await Face.open();
  face.socket.send("x".repeat(9 * 1024 * 1024));
  await face.until(() => face.closed !== null);
  expect([1009, 1006]).toContain(face.closed?.code);
  expect(host.requests).toEqual([]);
});

test("a mistake of our own is answered without its words, and reported", async () => {
  host.handler = () => Promise.reject(new TypeError("x of undefined"));
  const face = await Face.open();
  face.ask(1, { type: "pause-queue" });
  await face.until(() => face.frames.length === 1);
  expect(face.frames[0]).toMatchObject({
    kind: "refusal",
    failure: { code: "internal-error" },
  });
  expect(JSON.stringify(face.frames[0])).not.toContain("x of undefined");
  expect(bugs).toHaveLength(1);
});

test("a face cannot pile up requests", async () => {
  host.handler = () => new Promise(() => undefined);
  const face = await Face.open();
  for (let id = 0; id < 70; id += 1) face.ask(id, { type: "pause-queue" });
  await face.until(() => face.frames.length === 6);
  expect(face.frames.map((frame) => frame["id"])).toEqual([
    64, 65, 66, 67, 68, 69,
  ]);
  expect(host.requests).toHaveLength(64);
});

test("a slow face loses changes and gets a whole snapshot when its line is free", async () => {
  const face = await Face.open();
  face.ask(0, { type: "snapshot" });
  await face.until(() => face.frames.length === 1);
  face.socket.pause();
  const filler = "x".repeat(200_000);
  const bigJob = (n: number): UiJob =>
    fakeUiJob("one", { notes: [`${String(n)} ${filler}`] });
  const changeCount = 200;
  for (let n = 0; n < changeCount; n += 1) {
    host.changeJobs([bigJob(n)]);
    await new Promise((resolve) => setImmediate(resolve));
  }
  face.socket.resume();
  await face.until(() => face.frames.at(-1)?.["kind"] === "snapshot");
  // 40 MB were told, far fewer were sent.
  expect(face.frames.length).toBeLessThan(changeCount);
  const last = face.frames.at(-1);
  expect(last?.["snapshot"]).toEqual(host.snapshot());
  host.changeJobs([fakeUiJob("two")]);
  await face.until(() => face.frames.at(-1)?.["kind"] === "change");
});

test("pages come with a policy that allows nothing foreign", async () => {
  const page = await getPage("/");
  expect(page).toMatchObject({ status: 200, body: "<p>page</p>" });
  expect(page.headers["content-security-policy"]).toContain(
    "default-src 'none'; script-src 'self'",
  );
  expect(page.headers["content-security-policy"]).not.toContain("unsafe-eval");
  expect(page.headers["x-content-type-options"]).toBe("nosniff");
  const script = await getPage("/assets/a-1.js");
  expect(script.body).toBe("1;");
  expect(script.headers["cache-control"]).toContain("immutable");
  const head = await getPage("/", { method: "HEAD" });
  expect(head).toMatchObject({ status: 200, body: "" });
});

test.each([
  "/../secret.txt",
  "/%2e%2e/secret.txt",
  "/..%2fsecret.txt",
  "/assets/../../secret.txt",
  "/assets/..%5c..%5csecret.txt",
  "//secret.txt",
  "/.env",
  "/link.txt",
  "/assets",
  "/index.html%00.js",
  "/%",
])("%s is not served", async (rawPath) => {
  const page = await getPage(rawPath);
  expect(page.status).toBe(404);
  expect(page.body).not.toContain("secret");
});

test("other methods and foreign names are refused", async () => {
  expect((await getPage("/", { method: "POST" })).status).toBe(405);
  const headers = { host: "evil.example" };
  expect((await getPage("/", { headers })).status).toBe(403);
  expect((await getPage("/health", { headers })).status).toBe(403);
});

test("health tells that it is alive and nothing more", async () => {
  const page = await getPage("/health");
  expect(JSON.parse(page.body)).toEqual({ ok: true, contract: 1 });
});

test("an address in use is a failure for people", async () => {
  await expect(
    startUiServer({ host, listen: { ...listen, port: server.port }, token }),
  ).rejects.toMatchObject({ code: "address-in-use" });
});

test("closing ends every line, stops listening to the host, and frees the port", async () => {
  const face = await Face.open();
  face.ask(1, { type: "snapshot" });
  await face.until(() => face.frames.length === 1);
  const { port } = server;
  await server.close();
  await face.until(() => face.closed !== null);
  expect(face.closed).toEqual({ code: 1001 });
  expect(host.listenerCount).toBe(0);
  const refused = await new Promise((resolve) => {
    net
      .connect(port, "127.0.0.1")
      .once("error", () => resolve(true))
      .once("connect", () => resolve(false));
  });
  expect(refused).toBe(true);
});
