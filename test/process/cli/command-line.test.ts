import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findBinaries } from "../../../src-main/media/binaries.ts";
import { readTool } from "../../../src-main/media/process.ts";

const cli = fileURLToPath(
  new URL("../../../dist/main/cli.js", import.meta.url),
);
let folder: string;
let clip: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "reelfarm-cli-"));
  clip = path.join(folder, "clip.mkv");
  const { ffmpeg } = await findBinaries();
  const made = await readTool(ffmpeg, [
    ...["-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=6"],
    ...["-f", "lavfi", "-i", "sine=d=6", "-c:a", "aac"],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", clip],
  ]);
  expect(made.exit.code).toBe(0);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, REELFARM_DATA: path.join(folder, "data") };
}

function run(...words: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [cli, ...words],
      { env: environment(), cwd: folder },
      (_error, out, err) => resolve({ code: child.exitCode, out, err }),
    );
  });
}

test("help fits on a page of 80 columns", async () => {
  const { code, out } = await run("--help");
  expect(code).toBe(0);
  const lines = out.split("\n");
  expect(lines.length).toBeLessThanOrEqual(60);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
});

test.each([
  [[], ""],
  [["encode"], "required option"],
  [["encode", "a.mkv", "-o", "b.mp4", "--workers", "0"], "--workers takes"],
  [["nonsense"], "unknown command"],
  [["serve", "--role", "boss"], "--role takes"],
  [["serve", "--role", "worker", "--master", "h:1"], "--master-id"],
  [["serve", "--allow", "x"], "no device id"],
  [["serve", "--ui", "0.0.0.0:80"], "this machine only"],
  [["queue", "--frob"], "unknown option"],
])("wrong usage is told and ends with 2: %j", async (words, text) => {
  const { code, out, err } = await run(...words);
  expect(code).toBe(2);
  expect(out).toBe("");
  expect(err).toContain(text);
  expect(err).not.toContain("    at ");
});

test("presets are listed, shown and taken in again under another name", async () => {
  expect((await run("presets")).out).toContain("fast-1080p");
  const shown = await run("presets", "show", "web");
  const preset = JSON.parse(shown.out) as { name: string };
  const file = path.join(folder, "mine.json");
  await writeFile(file, JSON.stringify({ ...preset, name: "Mine" }));
  expect((await run("presets", "import", file)).out).toContain("mine");
  expect((await run("presets")).out).toContain("mine");
  await writeFile(file, shown.out);
  const builtIn = await run("presets", "import", file);
  expect(builtIn).toMatchObject({ code: 1 });
  expect(builtIn.err).toContain("preset-invalid");
});

test("probe tells what is in a clip, and refuses what is none", async () => {
  const text = await run("probe", clip);
  expect(text.out).toContain("h264, 320x180");
  const facts = JSON.parse((await run("probe", clip, "--json")).out) as {
    audio: unknown[];
  };
  expect(facts.audio).toHaveLength(1);
  const wrong = path.join(folder, "notes.txt");
  await writeFile(wrong, "no film");
  const refused = await run("probe", wrong, "--json");
  expect(refused.code).toBe(1);
  expect(JSON.parse(refused.err)).toMatchObject({
    error: { code: "not-media" },
  });
});

test("without a node the queue says how to start one", async () => {
  const { code, err } = await run("queue");
  expect(code).toBe(1);
  expect(err).toContain("reelfarm serve");
  expect(err).toContain("[node-not-running]");
});

test("an id is made once and stays", async () => {
  const first = await run("id");
  expect(first.out).toMatch(/^([0-9A-Z]{7}-){7}[0-9A-Z]{7}\n$/);
  expect((await run("id")).out).toBe(first.out);
});

test("encode makes the file and leaves nothing else", async () => {
  const { code, out } = await run("encode", clip, "-o", "out/", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    jobs: [{ state: "done", figures: { frames: 150 } }],
    refused: [],
  });
  expect(await readdir(path.join(folder, "out"))).toEqual(["clip.mp4"]);
  const again = await run("encode", clip, "-o", "out/");
  expect(again.code).toBe(1);
  expect(again.err).toContain("[output-exists]");
});

/** Resolves when the child's output has the text. */
async function saw(child: ChildProcess, text: string): Promise<void> {
  let seen = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => (seen += chunk.toString()));
  while (!seen.includes(text)) {
    const streams = [child.stdout, child.stderr].flatMap((s) => s ?? []);
    await Promise.race(streams.map((stream) => once(stream, "data")));
  }
}

function start(...words: string[]): ChildProcess {
  return spawn(process.execPath, [cli, ...words], {
    env: environment(),
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

test("Ctrl-C in the middle leaves no file, no folder and no process", async () => {
  const child = start("encode", clip, "-o", "cut/", "--preset", "hevc-small");
  await saw(child, "%");
  child.kill("SIGINT");
  const [code] = (await once(child, "exit")) as [number | null];
  expect(code).toBe(130);
  expect(await readdir(path.join(folder, "cut"))).toEqual([]);
});

test("workers end with their parent even when it is killed", async () => {
  const child = start(
    "encode",
    clip,
    "-o",
    "killed/",
    "--preset",
    "hevc-small",
  );
  // The workers hold the other ends of these pipes only through the parent.
  await saw(child, "%");
  const pids = await childrenOf(child.pid ?? 0);
  expect(pids.length).toBeGreaterThan(0);
  child.kill("SIGKILL");
  await once(child, "exit");
  while (pids.some(isAlive))
    await new Promise((resolve) => setTimeout(resolve, 50));
});

async function childrenOf(pid: number): Promise<number[]> {
  const { stdout } = await readTool("/bin/ps", ["-eo", "pid=,ppid="]);
  return stdout
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .flatMap(([child]) => child ?? []);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("a node is served, asked by other commands, and ends cleanly", async () => {
  const data = path.join(folder, "node");
  const node = start("serve", "--data", data, "--listen", "127.0.0.1:0");
  await saw(node, "listening");
  const on = ["--data", data];
  const wait = await run("add", clip, "-o", "served.mp4", "--wait", ...on);
  expect(wait.err + wait.out).toContain("served.mp4");
  expect(wait.code).toBe(0);
  const queue = JSON.parse((await run("queue", "--json", ...on)).out) as {
    jobId: string;
    state: string;
  }[];
  expect(queue).toMatchObject([{ state: "done" }]);
  const id = queue[0]?.jobId ?? "";
  expect((await run("job", id, ...on)).out).toContain("150 frames");
  expect((await run("workers", ...on)).out).toContain("connected");
  const wrong = await run("cancel", "nope", ...on);
  expect(wrong.code).toBe(1);
  expect(wrong.err).toContain("[job-unknown]");
  expect((await run("pause", ...on)).code).toBe(0);
  expect((await run("queue", ...on)).err).toContain("paused");
  node.kill("SIGTERM");
  const [code] = (await once(node, "exit")) as [number | null];
  expect(code).toBe(0);
  expect((await run("queue", ...on)).err).toContain("[node-not-running]");
});
