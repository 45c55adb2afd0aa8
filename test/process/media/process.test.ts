import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { Failure } from "../../../src-main/core/errors.ts";
import {
  killGraceMs,
  readTool,
  startTool,
} from "../../../src-main/media/process.ts";

const { execPath } = process;
const script = (code: string): string[] => ["-e", code];
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "reelfarm-test-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Waits until a fact holds; the test's own time limit ends it otherwise. */
async function until(fact: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await fact())) await after(20);
}

/** A process that nobody has waited for yet is dead all the same. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const stat = readFileSync(`/proc/${String(pid)}/stat`, "utf8");
    return !/\) Z /.test(stat);
  } catch {
    return false;
  }
}

async function numberIn(file: string): Promise<number> {
  let text = "";
  await until(async () => {
    text = await readFile(file, "utf8").catch(() => "");
    return text.endsWith("\n");
  });
  return Number(text);
}

describe("startTool", () => {
  it("resolves with the exit code and the last messages", async () => {
    const run = startTool(
      execPath,
      script("console.error('first\\nlast'); process.exit(3)"),
    );
    run.stdout.resume();
    expect(await run.done).toEqual({
      code: 3,
      signal: null,
      stderrTail: "first\nlast",
      exceeded: null,
    });
  });

  it("rejects with ffmpeg-missing, and no path, when there is no such program", async () => {
    const { done } = startTool("/no/such/program", []);
    await expect(done).rejects.toMatchObject({
      code: "ffmpeg-missing",
      detail: "program: ENOENT",
    });
  });

  it("keeps little of a tool that spews messages without a line's end", async () => {
    const run = startTool(
      execPath,
      script(
        "const s='x'.repeat(1e6); for(let i=0;i<50;i++) require('fs').writeSync(2,s); require('fs').writeSync(2,'\\nthe end')",
      ),
    );
    run.stdout.resume();
    const { stderrTail } = await run.done;
    expect(stderrTail.length).toBeLessThanOrEqual(8 * 1024);
    expect(stderrTail).toMatch(/the end$/);
  });

  it("gives each message once, wherever the pipe split it", async () => {
    const lines: string[] = [];
    const run = startTool(
      execPath,
      script(
        "(async()=>{for (const part of ['al','pha\\nbe','ta\\r','\\ngam','ma']) { process.stderr.write(part); await new Promise(r=>setTimeout(r,5)); }})()",
      ),
      {
        onStderrLine: (line) => lines.push(line),
        takeStderrLine: (line) => line === "beta",
      },
    );
    run.stdout.resume();
    expect((await run.done).stderrTail).toBe("alpha\ngamma");
    expect(lines).toEqual(["alpha", "gamma"]);
  });

  it("kills what ignores the request to end", async () => {
    const run = startTool(
      execPath,
      script(
        "process.on('SIGTERM',()=>{}); console.log('up'); setInterval(()=>{},1000)",
      ),
    );
    await new Promise((resolve) => run.stdout.once("data", resolve));
    const started = performance.now();
    run.kill();
    expect((await run.done).signal).toBe("SIGKILL");
    expect(performance.now() - started).toBeGreaterThanOrEqual(
      killGraceMs - 100,
    );
  });

  it("ends a tool that is stopped", async () => {
    const run = startTool(execPath, script("setInterval(()=>{},1000)"));
    run.stdout.resume();
    run.suspend();
    run.kill();
    expect((await run.done).signal).toBe("SIGTERM");
  });

  it("leaves no grandchild behind", async () => {
    const file = path.join(folder, "grandchild");
    const run = startTool(
      execPath,
      script(
        `const c=require('child_process').spawn(process.execPath,['-e','setInterval(()=>{},1000)'],{stdio:'inherit'});require('fs').writeFileSync(${JSON.stringify(file)},c.pid+'\\n');process.stdin.resume();process.stdin.on('end',()=>process.exit(0))`,
      ),
      { stdin: "pipe" },
    );
    run.stdout.resume();
    const grandchild = await numberIn(file);
    expect(isAlive(grandchild)).toBe(true);
    run.stdin?.end();
    await run.done;
    await until(() => !isAlive(grandchild));
  });

  it("ends with the signal it was given", async () => {
    const stop = new AbortController();
    const run = startTool(execPath, script("setInterval(()=>{},1000)"), {
      signal: stop.signal,
    });
    run.stdout.resume();
    stop.abort();
    expect((await run.done).signal).toBe("SIGTERM");
    expect(() => startTool(execPath, [], { signal: stop.signal })).toThrow();
  });

  it("hands on no home, no secrets and no proxies", async () => {
    process.env["SECRET_TOKEN"] = "x";
    const { stdout } = await readTool(
      execPath,
      script("console.log(JSON.stringify(process.env))"),
      { cwd: folder },
    );
    delete process.env["SECRET_TOKEN"];
    const environment = JSON.parse(stdout) as Record<string, string>;
    expect(environment).not.toHaveProperty("HOME");
    expect(environment).not.toHaveProperty("SECRET_TOKEN");
    expect(environment).toMatchObject({ LC_ALL: "C", TMPDIR: folder });
  });

  it.runIf(process.platform === "linux")(
    "lowers the priority, of the whole session too",
    async () => {
      const run = startTool(execPath, script("process.stdin.resume()"), {
        stdin: "pipe",
        niceness: 7,
      });
      run.stdout.resume();
      expect(os.getPriority(run.pid)).toBe(7);
      const group = `/proc/${String(run.pid)}/autogroup`;
      const shown = await readFile(group, "utf8").catch(() => null);
      if (shown !== null)
        await until(async () =>
          (await readFile(group, "utf8")).includes("nice 7"),
        );
      run.stdin?.end();
      await run.done;
    },
  );

  it.runIf(process.platform === "linux")(
    "kills even a stopped tool when its node is killed",
    async () => {
      const file = path.join(folder, "orphan");
      // The node of this test is a process of its own, which starts a tool, stops it, and is killed.
      const code = `
        const { startTool } = await import(${JSON.stringify(await builtProcess())});
        const run = startTool(process.execPath, ["-e", "setInterval(()=>{},1000)"]);
        run.suspend();
        require("node:fs").writeFileSync(${JSON.stringify(file)}, run.pid + "\\n");
        setInterval(() => {}, 1000);
      `;
      const node = spawn(execPath, ["-e", `(async()=>{${code}})()`], {
        stdio: "inherit",
      });
      const orphan = await numberIn(file);
      expect(isAlive(orphan)).toBe(true);
      node.kill("SIGKILL");
      await until(() => !isAlive(orphan));
    },
  );
});

/** The slow tests run against the built program; this one needs a module plain Node can load. */
async function builtProcess(): Promise<string> {
  const built = new URL("../../../dist/main/media/process.js", import.meta.url);
  await readFile(built);
  return built.href;
}

describe("readTool", () => {
  it("gives all that was written, and the exit", async () => {
    const { stdout, exit } = await readTool(
      execPath,
      script("process.stdout.write('é'.repeat(100000)); process.exitCode=2"),
    );
    expect(stdout).toBe("é".repeat(100_000));
    expect(exit.code).toBe(2);
  });

  it("ends what hangs", async () => {
    const failure = readTool(execPath, script("setInterval(()=>{},1000)"), {
      timeoutMs: 200,
    });
    await expect(failure).rejects.toMatchObject({ code: "limit-exceeded" });
  });

  it.runIf(process.platform === "linux")(
    "ends what takes more memory than it may",
    async () => {
      const failure = readTool(
        execPath,
        script("const a=[];setInterval(()=>a.push(Buffer.alloc(2e7,1)),50)"),
        { maxMemoryBytes: 250_000_000 },
      );
      await expect(failure).rejects.toMatchObject({ code: "limit-exceeded" });
      await expect(failure).rejects.toThrow("memory");
    },
  );

  it("ends what writes without end", async () => {
    const failure = readTool(
      execPath,
      script("const f=()=>process.stdout.write('x'.repeat(65536),f);f()"),
      { maxBytes: 1_000_000 },
    );
    await expect(failure).rejects.toBeInstanceOf(Failure);
  });

  it("rejects with the reason of the signal", async () => {
    const stop = new AbortController();
    const reading = readTool(execPath, script("setInterval(()=>{},1000)"), {
      signal: stop.signal,
    });
    stop.abort(new Failure("cancelled"));
    await expect(reading).rejects.toMatchObject({ code: "cancelled" });
  });
});
