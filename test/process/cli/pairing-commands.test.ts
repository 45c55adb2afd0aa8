/** Two nodes of two computers, paired, named and parted by typed commands only. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { LanVisitor } from "../../fixtures/lan-visitor.ts";
import { afterAll, beforeAll, expect, test } from "vitest";

const cli = fileURLToPath(
  new URL("../../../dist/main/cli.js", import.meta.url),
);
let folder: string;
const nodes: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "reelfarm-pair-"));
});
afterAll(async () => {
  for (const node of nodes) {
    if (node.exitCode !== null || node.signalCode !== null) continue;
    node.kill("SIGTERM");
    await once(node, "exit");
  }
  await rm(folder, { recursive: true, force: true });
});

test("pair, join, devices, rename and revoke, on two computers", async () => {
  const on = (name: string): string[] => ["--data", path.join(folder, name)];
  const studio = start(
    ...[
      "serve",
      "--name",
      "studio",
      "--listen",
      "127.0.0.1:0",
      ...on("studio"),
    ],
  );
  const laptop = start(
    ...["serve", "--role", "worker", "--name", "laptop", ...on("laptop")],
  );
  const [, port = ""] = await saw(studio, /listening 127\.0\.0\.1:(\d+)/);
  await saw(laptop, /no master yet/);
  const address = `127.0.0.1:${port}`;

  const early = await run("join", address, "--code", "123456", ...on("laptop"));
  expect(early).toMatchObject({ code: 1 });
  expect(early.err).toContain("[pairing-closed]");

  const pairing = start("pair", ...on("studio"));
  const paired = saw(pairing, /Paired: laptop/);
  const [, code = ""] = await saw(pairing, /--code (\d{6})/);
  const wrong = code === "111111" ? "222222" : "111111";
  const guess = await run("join", address, "--code", wrong, ...on("laptop"));
  expect(guess.err).toContain("[pairing-code-wrong]");
  const joined = await run("join", address, "--code", code, ...on("laptop"));
  expect(joined).toMatchObject({ code: 0 });
  expect(joined.out + joined.err).toContain("studio");
  await paired;
  expect(await exitOf(pairing)).toBe(0);

  const devices = async (name: string) =>
    JSON.parse((await run("devices", "--json", ...on(name))).out) as {
      name: string;
      isMaster: boolean;
      isConnected: boolean;
    }[];
  await expect
    .poll(() => devices("studio"), { timeout: 20_000 })
    .toMatchObject([{ name: "laptop", isMaster: false, isConnected: true }]);
  expect(await devices("laptop")).toMatchObject([
    { name: "studio", isMaster: true, isConnected: true },
  ]);

  const renamed = await run("rename", "kitchen", "laptop", ...on("studio"));
  expect(renamed).toMatchObject({ code: 0 });
  expect((await run("devices", ...on("studio"))).out).toContain("kitchen");
  expect(await run("revoke", "nobody", ...on("studio"))).toMatchObject({
    code: 1,
    err: expect.stringContaining("[device-unknown]") as string,
  });
  expect(await run("revoke", "kitchen", ...on("studio"))).toMatchObject({
    code: 0,
  });
  expect(await devices("studio")).toEqual([]);
  await saw(laptop, /not paired/);

  // The window was not opened to other devices.
  expect((await run("pair", "--browser", ...on("studio"))).err).toContain(
    "[job-state-wrong]",
  );
  const link = (await run("pair", "--link", ...on("studio"))).out.trim();
  expect(link).toMatch(/^reelfarm:\/\/join\?/);
});

test("a browser is let in by pair --browser, listed, and put out", async () => {
  const on = ["--data", path.join(folder, "attic")];
  const attic = start(
    ...["serve", "--role", "master", "--name", "attic", "--ui-lan", "0"],
    ...["--listen", "127.0.0.1:0", ...on],
  );
  const [, port = ""] = await saw(
    attic,
    /https:\/\/127\.0\.0\.1:(\d+)\/ \(let/,
  );
  const pairing = start("pair", "--browser", ...on);
  const [, code = ""] = await saw(pairing, /Code: (\d{3} \d{3})/);
  const visitor = new LanVisitor(Number(port));
  const wrong = code === "111 111" ? "222222" : "111111";
  expect((await visitor.logIn(wrong)).status).toBe(403);
  await saw(pairing, /4 tries are left/);
  expect((await visitor.logIn(code)).status).toBe(204);
  await saw(pairing, /Let in: Phone, 127\.0\.0\.1/);
  expect(await exitOf(pairing)).toBe(0);
  expect((await run("devices", ...on)).out).toMatch(/Phone +browser/);
  expect(await run("revoke", "Phone", ...on)).toMatchObject({ code: 0 });
  expect(await visitor.knock()).toBe(401);
});

function start(...words: string[]): ChildProcess {
  const node = spawn(process.execPath, [cli, ...words], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  nodes.push(node);
  texts.set(node, "");
  for (const stream of [node.stdout, node.stderr])
    stream?.on("data", (chunk: Buffer) => {
      texts.set(node, (texts.get(node) ?? "") + chunk.toString());
    });
  return node;
}

const texts = new Map<ChildProcess, string>();

/** Resolves with the match once the child has written such a text. */
async function saw(
  child: ChildProcess,
  text: RegExp,
): Promise<RegExpExecArray> {
  for (;;) {
    const match = text.exec(texts.get(child) ?? "");
    if (match !== null) return match;
    if (child.exitCode !== null)
      throw new Error(`ended without it: ${texts.get(child) ?? ""}`);
    await Promise.race([
      once(child.stdout!, "data"),
      once(child.stderr!, "data"),
      once(child, "exit"),
    ]);
  }
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) await once(child, "exit");
  return child.exitCode;
}

function run(
  ...words: string[]
): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [cli, ...words],
      { cwd: folder },
      (_error, out, err) => resolve({ code: child.exitCode, out, err }),
    );
  });
}
