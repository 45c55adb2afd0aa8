/** The window's page on the network, a real node, and what is tried at it. Rules L1 to L10. */
import { once } from "node:events";
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { request as httpsRequest } from "node:https";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { startNode, type RunningNode } from "../../../src-main/node.ts";
import type { UiSnapshot } from "../../../src-main/protocol/ui-contract.ts";
import type { UiFolder } from "../../../src-main/protocol/ui-media.ts";
import { LanVisitor } from "../../fixtures/lan-visitor.ts";

let folder: string;
let films: string;
let node: RunningNode;
let log: string[];
let port: number;
let visitor: LanVisitor;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "reelfarm-lan-"));
  films = join(folder, "films");
  for (const one of ["films/new", "private", "bundle/assets"])
    await mkdir(join(folder, one), { recursive: true });
  await writeFile(join(folder, "bundle/index.html"), "<p>page</p>");
  await writeFile(join(folder, "films/a.mkv"), "film");
  await writeFile(join(folder, "private/b.mkv"), "film");
  await symlink(join(folder, "private"), join(films, "link"));
  await symlink(join(folder, "private", "none.mkv"), join(films, "loose.mkv"));
  log = [];
  node = await start();
  await node.host.handle({
    type: "change-settings",
    change: {
      output: { folder: films, keepsSubfolders: false, nameTemplate: null },
    },
  });
  await switchTo(true);
});
afterAll(async () => {
  await node.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  visitor = new LanVisitor(port);
});

function start(): Promise<RunningNode> {
  return startNode({
    dataFolder: join(folder, "data"),
    role: "master",
    name: "studio",
    listen: { host: "127.0.0.1", port: 0 },
    ui: { host: "127.0.0.1", port: 0 },
    bundleFolder: join(folder, "bundle"),
    master: null,
    allow: [],
    ffmpeg: null,
    ffprobe: null,
    slots: 1,
    threads: 1,
    onLog: (line) => log.push(line),
  });
}

const lan = () => node.host.snapshot().node.lanWindow;
const code = async (): Promise<string> =>
  (await node.host.handle({ type: "offer-browser-code" })).code;
const wrong = (right: string): string =>
  right === "000000" ? "000001" : "000000";
const failureIn = (body: string): unknown =>
  (JSON.parse(body) as { failure: { code: string } }).failure.code;

async function switchTo(isOn: boolean): Promise<void> {
  await node.host.handle({ type: "change-lan-window", isOn, port: 0 });
  port = Number(new URL(lan()?.urls[0] ?? "https://127.0.0.1:1").port);
}

async function loggedIn(): Promise<LanVisitor> {
  const one = new LanVisitor(port);
  expect((await one.logIn(await code())).status).toBe(204);
  return one;
}

test("L4 without a login there is the page to log in on, and nothing else", async () => {
  expect(await visitor.send("/")).toMatchObject({
    status: 200,
    body: "<p>page</p>",
  });
  expect(await visitor.send("/login")).toMatchObject({
    status: 200,
    body: '{"isLoggedIn":false}',
  });
  for (const path of ["/ui", "/ui?x=1", "/health", "/upload", "/x", "/../x"])
    expect([path, (await visitor.send(path)).status]).toEqual([
      path,
      path === "/upload" ? 403 : 401,
    ]);
  const post = { method: "POST", body: "film" };
  expect((await visitor.send("/upload?name=a.mkv", post)).status).toBe(401);
  for (const path of ["/ui", "/control", "/pair", "/"])
    expect(await visitor.knock(path)).toBe(401);
  expect(
    await readdir(join(folder, "data", "uploads")).catch(() => []),
  ).toEqual([]);
});

test("L4 this computer's own token opens nothing here, and a browser's cookie nothing there", async () => {
  const token = node.ui?.token ?? "";
  const bearer = { authorization: `Bearer ${token}` };
  expect(await visitor.knock("/ui", bearer)).toBe(401);
  expect(await visitor.knock(`/ui?token=${token}`)).toBe(401);
  expect(
    await visitor.knock("/ui", {}, ["reelfarm-ui", `reelfarm-token.${token}`]),
  ).toBe(401);
  const upload = { method: "POST", body: "x", headers: bearer };
  expect((await visitor.send("/upload?name=a.mkv", upload)).status).toBe(401);

  const { cookie } = await loggedIn();
  const socket = new WebSocket(
    `${node.ui?.url.replace("http", "ws") ?? ""}ui`,
    {
      headers: { cookie: cookie ?? "" },
    },
  );
  socket.on("error", () => undefined);
  const [, response] = (await once(socket, "unexpected-response")) as [
    unknown,
    { statusCode: number },
  ];
  expect(response.statusCode).toBe(401);
  socket.terminate();
});

test("L1 plain HTTP gets no answer; pages forbid everything foreign", async () => {
  const plain = net.connect(port, "127.0.0.1");
  let heard = "";
  plain.on("data", (chunk: Buffer) => (heard += chunk.toString("latin1")));
  plain.on("error", () => undefined);
  plain.write(`GET / HTTP/1.1\r\nhost: 127.0.0.1:${String(port)}\r\n\r\n`);
  await once(plain, "close");
  expect(heard).not.toContain("HTTP");
  const { headers } = await visitor.send("/");
  const policy = String(headers["content-security-policy"]);
  expect(policy).toContain("default-src 'none'; script-src 'self'");
  expect(policy).toContain(
    `connect-src 'self' wss://127.0.0.1:${String(port)}`,
  );
  expect(policy).toContain("frame-ancestors 'none'");
});

test("L2 L3 a foreign Host or Origin gets nothing, login or not, and costs no try", async () => {
  const member = await loggedIn();
  const own = `127.0.0.1:${String(port)}`;
  const foreign = [
    { host: `evil.example:${String(port)}` },
    {
      host: `evil.example:${String(port)}`,
      origin: `https://evil.example:${String(port)}`,
    },
    { host: "127.0.0.1" },
    { host: own, origin: "https://evil.example" },
    { host: own, origin: `http://${own}` },
    { host: own, origin: node.ui?.url.slice(0, -1) ?? "" },
    { host: own, origin: "null" },
    { host: own, origin: undefined },
  ];
  const right = await code();
  for (const headers of foreign) {
    expect([headers, await member.knock("/ui", headers)]).toEqual([
      headers,
      403,
    ]);
    const sent = { method: "POST", body: "film", headers };
    expect((await member.send("/upload?name=a.mkv", sent)).status).toBe(403);
    expect((await member.send("/logout", sent)).status).toBe(403);
    expect((await visitor.logIn(right, { headers })).status).toBe(403);
  }
  const rebound = { headers: { host: `evil.example:${String(port)}` } };
  expect((await member.send("/", rebound)).status).toBe(403);
  expect((await member.send("/login", rebound)).status).toBe(403);
  expect(lan()?.offer?.triesLeft).toBe(5);
  expect(await member.knock()).toBe(101);
  const refusals = log.filter((line) => line.includes("wrong Origin"));
  expect(refusals).toHaveLength(1);
});

test("L6 five wrong codes, and the right one is dead, too", async () => {
  const right = await code();
  for (let n = 0; n < 5; n += 1) {
    const { status, body } = await visitor.logIn(wrong(right));
    expect([status, failureIn(body)]).toEqual([403, "pairing-code-wrong"]);
  }
  const late = await visitor.logIn(right);
  expect([late.status, failureIn(late.body)]).toEqual([403, "pairing-closed"]);
  expect(visitor.cookie).toBe(null);
  // Nor does a code for a worker let a browser in, or the other way round.
  const { text } = await node.host.handle({
    type: "start-pairing",
    means: "code",
    mustAsk: false,
  });
  expect((await visitor.logIn(text)).status).toBe(403);
  await node.host.handle({ type: "stop-pairing" });
});

test("L5 a login that is not ours is refused: form types, rubbish, endless bodies", async () => {
  const right = await code();
  const form = { "content-type": "text/plain" };
  for (const asked of [
    { headers: form },
    { body: "{" },
    { body: JSON.stringify({ code: right }) },
    { body: JSON.stringify({ code: right, name: "x", admin: true }) },
    { body: JSON.stringify({ code: right, name: "x".repeat(2_000) }) },
    { body: "[".repeat(1_000) },
  ])
    expect((await visitor.logIn(right, asked)).status).toBe(400);
  expect(lan()?.offer?.triesLeft).toBe(5);
  expect((await visitor.send("/login", { method: "PUT" })).status).toBe(405);
});

test("L7 a cookie is made here: what a browser brings along is not taken over, and dies", async () => {
  const planted = (await loggedIn()).cookie ?? "";
  visitor.cookie = planted;
  const answer = await visitor.logIn(await code());
  expect(String(answer.headers["set-cookie"])).toMatch(
    /^__Host-reelfarm-[0-9a-f]{8}=[\w-]{43}; Path=\/; Max-Age=\d+; Secure; HttpOnly; SameSite=Strict$/,
  );
  expect(visitor.cookie).not.toBe(planted);
  expect(await visitor.knock()).toBe(101);
  const attacker = new LanVisitor(port);
  attacker.cookie = planted;
  expect(await attacker.knock()).toBe(401);
  attacker.cookie = planted.replace(/=.*/, `=${"A".repeat(43)}`);
  expect(await attacker.knock()).toBe(401);
});

test("L9 a browser sees no codes, decides nothing about who belongs to the farm, and looks into shared folders only", async () => {
  const line = await (await loggedIn()).openLine();
  await node.host.handle({
    type: "start-pairing",
    means: "code",
    mustAsk: true,
  });
  const snapshot = (await line.ask({ type: "snapshot" })) as UiSnapshot;
  expect(snapshot.node).toMatchObject({
    name: "studio",
    pairing: null,
    lanWindow: null,
  });
  await node.host.handle({ type: "stop-pairing" });
  for (const request of [
    { type: "offer-browser-code" },
    { type: "change-lan-window", isOn: false },
    { type: "start-pairing", means: "link", mustAsk: false },
    { type: "set-role", role: "worker" },
    {
      type: "change-settings",
      change: {
        output: { folder: "/", keepsSubfolders: false, nameTemplate: null },
      },
    },
    { type: "revoke-device", deviceId: node.deviceId },
    { type: "list-folder", path: "/" },
    { type: "list-folder", path: folder },
    { type: "list-folder", path: join(films, "..") },
    { type: "list-folder", path: `${films}-not` },
    { type: "list-folder", path: join(films, "link") },
    { type: "probe", path: join(folder, "private", "b.mkv") },
    { type: "probe", path: join(films, "link", "b.mkv") },
    { type: "probe", path: join(folder, "data", "identity", "identity.pem") },
    { type: "frame", of: { path: "/etc/passwd" }, atS: 0, widthPx: 320 },
    {
      type: "make-sample",
      path: "/etc/passwd",
      presetName: "Fast 1080p",
      atS: 0,
      durationS: 1,
    },
    { ...job, sources: [join(films, "a.mkv"), "/etc"] },
    { ...job, output: join(folder, "private", "c.mkv") },
    { ...job, output: join(films, "link", "new", "c.mkv") },
    { ...job, output: join(films, "loose.mkv") },
    { ...job, output: `${films}/../private/` },
  ] as const)
    expect([request, await line.ask(request as never)]).toEqual([
      request,
      "decided-there",
    ]);
  const top = (await line.ask({ type: "list-folder", path: null })) as UiFolder;
  expect(top.parent).toBe(null);
  const shown = (await line.ask({
    type: "list-folder",
    path: films,
  })) as UiFolder;
  expect(shown.entries.map((one) => one.name)).toEqual([
    "link",
    "new",
    "a.mkv",
  ]);
  // It is looked into: what it says of the file is ffprobe's word.
  expect(await line.ask({ type: "probe", path: join(films, "a.mkv") })).toBe(
    "not-media",
  );
  expect(await line.ask({ type: "pause-queue" })).toBe(null);
  line.close();
});
const job = {
  type: "add-job",
  sources: ["/x"],
  presetName: "Fast 1080p",
  output: null,
  overwrite: true,
  segmentS: null,
  priority: 0,
} as const;

test("L8 who is revoked is out: its lines and what it sends end at once, its cookie is worth nothing", async () => {
  const member = await loggedIn();
  const line = await member.openLine();
  const id = lan()?.browsers.at(-1)?.browserId ?? "";
  expect(lan()?.browsers.at(-1)).toMatchObject({
    name: "Phone",
    isConnected: true,
  });
  const sending = httpsRequest({
    ...{
      host: "127.0.0.1",
      port,
      path: "/upload?name=long.mkv",
      method: "POST",
    },
    ...{ rejectUnauthorized: false, agent: false },
    headers: {
      origin: member.origin,
      cookie: member.cookie ?? "",
      "content-length": 1_000,
    },
  });
  const cut = once(sending, "error");
  sending.write("begin");
  const uploads = join(folder, "data", "uploads");
  await expect.poll(() => readdir(uploads)).toHaveLength(1);
  await node.host.handle({ type: "revoke-browser", browserId: id });
  await Promise.all([line.closed, cut]);
  expect(await member.knock()).toBe(401);
  expect((await member.send("/login")).body).toBe('{"isLoggedIn":false}');
  await expect.poll(() => readdir(uploads)).toHaveLength(0);
});

test("L8 who logs out is off the list, and its cookie is taken away", async () => {
  const member = await loggedIn();
  const line = await member.openLine();
  const answer = await member.send("/logout", { method: "POST" });
  expect(answer.status).toBe(204);
  expect(String(answer.headers["set-cookie"])).toContain("Max-Age=0");
  await line.closed;
  expect(await member.knock()).toBe(401);
});

test("L10 idle and slow strangers hold few places for a short time; who is let in goes on", async () => {
  const line = await (await loggedIn()).openLine();
  const idle = Array.from({ length: 200 }, () =>
    net.connect(port, "127.0.0.1"),
  );
  const ends = idle.map((socket) => {
    socket.on("error", () => undefined);
    return once(socket, "close");
  });
  await expect
    .poll(() => idle.filter((one) => !one.destroyed).length)
    .toBeLessThanOrEqual(24);
  // Its place is the slow talker's.
  const [first] = idle.filter((one) => !one.destroyed);
  first?.destroy();
  await ends[idle.indexOf(first as net.Socket)];
  expect(await line.ask({ type: "queue-settings" })).toMatchObject({
    stealing: true,
  });
  const slow = tls.connect({
    port,
    host: "127.0.0.1",
    rejectUnauthorized: false,
  });
  slow.on("error", () => undefined);
  const cut = new Promise((resolve) => slow.once("close", resolve));
  slow.write("GET / HTTP/1.1\r\n");
  const talking = setInterval(() => slow.writable && slow.write("a"), 200);
  await Promise.all([...ends, cut]);
  clearInterval(talking);
  expect(await line.ask({ type: "queue-settings" })).toMatchObject({
    stealing: true,
  });
  line.close();
  expect(log.some((line) => line.includes("limit-exceeded"))).toBe(true);
});

test("L8 a login outlives a restart; switching the window off ends everything at once", async () => {
  await node.host.handle({ type: "change-lan-window", port: 0 });
  const member = await loggedIn();
  await node.close();
  const token = member.cookie?.split("=")[1] ?? "no token";
  for (const file of await readdir(join(folder, "data"))) {
    const text = await readFile(join(folder, "data", file), "utf8").catch(
      () => "",
    );
    expect(text, file).not.toContain(token);
  }
  node = await start();
  port = Number(new URL(lan()?.urls[0] ?? "").port);
  const again = new LanVisitor(port);
  again.cookie = member.cookie;
  const line = await again.openLine();
  const sending = httpsRequest({
    ...{ host: "127.0.0.1", port, path: "/upload?name=b.mkv", method: "POST" },
    ...{ rejectUnauthorized: false, agent: false },
    headers: {
      ...{ origin: again.origin, cookie: again.cookie ?? "" },
      "content-length": 1_000,
    },
  });
  const cut = once(sending, "error");
  sending.write("begin");
  await expect
    .poll(() => readdir(join(folder, "data", "uploads")))
    .toHaveLength(1);
  await switchTo(false);
  await Promise.all([line.closed, cut]);
  expect(lan()).toMatchObject({ isOn: false, urls: [], offer: null });
  const refused = net.connect(again.port, "127.0.0.1");
  const [error] = (await once(refused, "error")) as [NodeJS.ErrnoException];
  expect(error.code).toBe("ECONNREFUSED");
  await expect(
    node.host.handle({ type: "offer-browser-code" }),
  ).rejects.toMatchObject({
    code: "job-state-wrong",
  });
});
