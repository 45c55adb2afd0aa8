import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import http from "node:http";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  startUiServer,
  type UiServer,
} from "../../../src-main/ui-server/ui-server.ts";
import { UploadShelf } from "../../../src-main/store/upload-shelf.ts";
import { FakeUiHost } from "../../fixtures/fake-ui-host.ts";

const token = "0123456789abcdef0123456789abcdef";
const hour = 3600 * 1000;
const gib = 1024 ** 3;

let folder: string;
let server: UiServer;
let shelf: UploadShelf;
let nowMs: number;
let freeBytes: number;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "reelfarm-upload-"));
  nowMs = Date.now();
  freeBytes = 2 * gib;
  shelf = new UploadShelf({
    dataFolder: folder,
    nowMs: () => nowMs,
    freeBytes: () => Promise.resolve(freeBytes),
  });
  server = await startUiServer({
    host: new FakeUiHost(),
    listen: { host: "127.0.0.1", port: 0 },
    token,
    uploads: shelf,
  });
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

interface Sent {
  readonly method?: string;
  readonly name?: string | null;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string;
}
interface Answer {
  readonly status: number;
  readonly body: {
    path?: string;
    sizeBytes?: number;
    failure?: { code: string };
  };
}

function send(sent: Sent): Promise<Answer> {
  const { method = "POST", name = "film.mkv", headers, body = "film" } = sent;
  const query = name === null ? "" : `?name=${encodeURIComponent(name)}`;
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        host: "127.0.0.1",
        port: server.port,
        path: `/upload${query}`,
        method,
        headers: Object.fromEntries(
          Object.entries({
            authorization: `Bearer ${token}`,
            "content-length": Buffer.byteLength(body),
            ...headers,
          }).filter(([, value]) => value !== undefined),
        ),
      },
      (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () => {
          resolve({
            status: response.statusCode ?? 0,
            body: JSON.parse(text) as Answer["body"],
          });
        });
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

const kept = (): Promise<string[]> => readdir(shelf.folder).catch(() => []);

test("a file is kept under its name in a folder of its own", async () => {
  const { status, body } = await send({ name: "Ferien „Süd“.mkv" });
  expect(status).toBe(200);
  expect(body.sizeBytes).toBe(4);
  expect(path.basename(body.path ?? "")).toBe("Ferien „Süd“.mkv");
  expect(await readFile(body.path ?? "", "utf8")).toBe("film");
  expect(shelf.holds(body.path ?? "")).toBe(true);
  const second = await send({ name: "Ferien „Süd“.mkv" });
  expect(second.body.path).not.toBe(body.path);
});

test("no name leads out of the folder", async () => {
  const names = [
    "../../evil.mkv",
    "..",
    "C:\\x\\evil.mkv",
    "/etc/passwd",
    "con.mkv",
    "a\0b.mkv",
  ];
  for (const name of names) {
    const { body } = await send({ name });
    expect(path.dirname(path.dirname(body.path ?? ""))).toBe(shelf.folder);
    expect(path.basename(body.path ?? "")).not.toMatch(/^\.|^con\.|\0/);
  }
  const { body } = await send({ name: "C:\\x\\evil.mkv" });
  expect(path.basename(body.path ?? "")).toBe("evil.mkv");
  expect(await readdir(folder)).toEqual(["uploads"]);
});

test.each<[string, Sent, number]>([
  ["a wrong token", { headers: { authorization: "Bearer wrong" } }, 401],
  ["no token", { headers: { authorization: "" } }, 401],
  [
    "a token that a page could send",
    {
      headers: {
        authorization: "",
        "sec-websocket-protocol": `reelfarm-token.${token}`,
        cookie: `token=${token}`,
      },
    },
    401,
  ],
  ["a foreign page", { headers: { origin: "http://evil.example" } }, 403],
  [
    "a foreign name for this address",
    { headers: { host: "evil.example" } },
    403,
  ],
  ["another method", { method: "PUT" }, 405],
  ["no name", { name: null }, 400],
  [
    "no size",
    {
      headers: { "content-length": undefined, "transfer-encoding": "chunked" },
    },
    411,
  ],
  [
    "more than the disk has room for",
    { headers: { "content-length": 2 * gib } },
    507,
  ],
])("%s is refused, and nothing is kept", async (_, sent, status) => {
  const answer = await send(sent);
  expect(answer.status).toBe(status);
  expect(answer.body.failure?.code).toBe(
    status === 507 ? "disk-full" : "usage",
  );
  expect(await kept()).toEqual([]);
});

test("a file that breaks off leaves nothing", async () => {
  const socket = net.connect(server.port, "127.0.0.1");
  socket.write(
    `POST /upload?name=film.mkv HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nContent-Length: 1000\r\n\r\nbegin`,
  );
  await expect.poll(kept).toHaveLength(1);
  socket.destroy();
  await expect.poll(kept).toEqual([]);
});

test("an upload goes an hour after its job, or a day after nobody made one", async () => {
  const used = (await send({ name: "used.mkv" })).body.path ?? "";
  const unused = (await send({ name: "unused.mkv" })).body.path ?? "";
  nowMs += 23 * hour;
  await shelf.sweep([used, "/films/other.mkv"]);
  expect(await kept()).toHaveLength(2);
  nowMs += 2 * hour;
  await shelf.sweep([used]);
  expect(await kept()).toEqual([path.basename(path.dirname(used))]);
  await expect(readFile(unused)).rejects.toThrow();
  nowMs += hour / 2;
  await shelf.sweep([]);
  expect(await kept()).toHaveLength(1);
  nowMs += hour;
  await shelf.sweep([]);
  expect(await kept()).toEqual([]);
});

test("without a shelf there is nothing to send to", async () => {
  const bare = await startUiServer({
    host: new FakeUiHost(),
    listen: { host: "127.0.0.1", port: 0 },
    token,
  });
  const answer = await fetch(`${bare.url}upload?name=a.mkv`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: "film",
  });
  expect(answer.status).toBe(405);
  await bare.close();
});
