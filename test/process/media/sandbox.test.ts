/** Encodes behind bubblewrap: what they see, what they cannot, and that the result is the same. */
import { execFileSync } from "node:child_process";
import {
  chmod,
  copyFile,
  mkdir,
  readFile,
  rm,
  writeFile,
} from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Failure } from "../../../src-main/core/errors.ts";
import { startEncode } from "../../../src-main/media/encode.ts";
import { residentBytes } from "../../../src-main/media/memory-watch.ts";
import { readTool, startTool } from "../../../src-main/media/process.ts";
import { findSandbox, type Sandbox } from "../../../src-main/media/sandbox.ts";
import { plainOrder } from "../../fixtures/orders.ts";
import {
  encodeFile,
  ffmpeg,
  generations,
  makeFeed,
  temporaryFolder,
} from "./encode-bench.ts";

const binaries = await generations();
const hasBubblewrap = isInstalled("bwrap");
let folder = "";
let work = "";
let feed = "";

beforeAll(async () => {
  folder = await temporaryFolder();
  work = path.join(folder, "work");
  await mkdir(work);
  const source = path.join(folder, "source.mp4");
  feed = path.join(folder, "source.nut");
  ffmpeg(binaries[0]!, [
    ...["-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=4"],
    ...["-c:v", "libx264", "-preset", "veryfast", "-g", "48", source],
  ]);
  makeFeed(binaries[0]!, source, feed);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("is none where bubblewrap is not", async () => {
  const found = await findSandbox(binaries[0]!.ffmpeg, {
    bubblewrap: "/nowhere/bwrap",
  });
  expect(found).toBeNull();
});

describe.skipIf(!hasBubblewrap)("inside the sandbox", () => {
  it.each(binaries)("ffmpeg $version encodes the same bytes", async (tools) => {
    const sandbox = await findSandbox(tools.ffmpeg);
    expect(sandbox).not.toBeNull();
    const outside = path.join(work, "outside.mov");
    const inside = path.join(work, "inside.mov");
    const options = { workFolder: work };
    await encodeFile(tools, plainOrder, feed, outside, options);
    await encodeFile(tools, plainOrder, feed, inside, { ...options, sandbox });
    expect((await readFile(inside)).equals(await readFile(outside))).toBe(true);
  });

  it("no file of a person, no other process and no network can be seen", async () => {
    const secret = path.join(folder, "secret.txt");
    await writeFile(secret, "mine");
    const shell = await sandboxOf("/bin/sh");
    // The program itself may lie in a home, as in a checkout there.
    const own = path.dirname(binaries[0]!.ffmpeg);
    const script = [
      `cat ${secret} 2>&1 | grep -c mine`,
      `find /home /root -type f ! -path '${own}/*' 2>/dev/null | wc -l`,
      "ls -d /proc/[0-9]* | wc -l",
      "tail -n +3 /proc/net/dev | grep -vc ' lo:'",
    ].join("; ");
    const { program, args } = shell.enclose(["-c", script], work);
    const { stdout } = await readTool(program, args);
    const [seen, homes, processes, interfaces] = stdout.trim().split("\n");
    expect(seen).toBe("0");
    expect(homes).toBe("0");
    expect(Number(processes)).toBeLessThan(10);
    expect(interfaces).toBe("0");
  });

  it("nothing can be written but in its own folder", async () => {
    const shell = await sandboxOf("/bin/sh");
    const script = `touch own; touch /usr/foreign ${folder}/foreign; ls`;
    const { program, args } = shell.enclose(["-c", script], work);
    const { stdout, exit } = await readTool(program, args);
    expect(stdout).toContain("own");
    expect(exit.stderrTail).toContain("/usr/foreign");
    await expect(readFile(path.join(folder, "foreign"))).rejects.toThrow();
  });

  it("a program that lies in somebody's home does not bring the home along", async () => {
    const home = path.join(folder, "home");
    await mkdir(home);
    const program = path.join(home, "ffmpeg");
    await copyFile(binaries[0]!.ffmpeg, program);
    await writeFile(path.join(home, "letter.txt"), "mine");
    const shell = await sandboxOf("/bin/sh", program);
    const { args } = shell.enclose(["-c", `ls ${home}`], work);
    const { stdout } = await readTool(shell.enclose([], work).program, args);
    expect(stdout.trim()).toBe("ffmpeg");
  });

  it("is none for a program that needs what lies elsewhere in the temporary folder", async () => {
    const library = path.join(folder, "library");
    await mkdir(library, { recursive: true });
    await writeFile(path.join(library, "part.sh"), "exit 0\n");
    const apart = path.join(folder, "apart");
    await mkdir(apart);
    const program = path.join(apart, "ffmpeg");
    await writeFile(program, `#!/bin/sh\n. ${library}/part.sh\n`);
    await chmod(program, 0o755);
    expect(await findSandbox(program)).toBeNull();
  });

  it("a kill reaches what runs inside", async () => {
    const shell = await sandboxOf("/bin/sh");
    const { program, args } = shell.enclose(["-c", "sleep 600 & wait"], work);
    const run = startTool(program, args);
    run.kill();
    expect((await run.done).code).not.toBe(0);
  });
});

it("an encoder that takes too much memory is ended, and the reason said", async () => {
  const sandbox = hasBubblewrap ? await findSandbox(binaries[0]!.ffmpeg) : null;
  // It waits for frames that never come: only the watch can end it.
  const order = { ...plainOrder, endUs: 60e6, expectedFrames: 1_800 };
  const run = startEncode(binaries[0]!, order, {
    workFolder: work,
    threads: 1,
    sandbox,
    maxMemoryBytes: 400_000,
  });
  run.output.resume();
  run.input.write(await readFile(feed));
  const failure = await run.done.then(
    () => null,
    (error: unknown) => error as Failure,
  );
  expect(failure?.code).toBe("limit-exceeded");
});

it("counts the memory of a process and of those below it", async () => {
  const below = await residentBytes(process.pid);
  expect(below).toBeGreaterThan(process.memoryUsage().rss / 2);
  expect(await residentBytes(2 ** 22 + 1)).toBe(0);
});

function isInstalled(name: string): boolean {
  try {
    execFileSync(name, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** The sandbox with another program in ffmpeg's place. */
async function sandboxOf(
  program: string,
  ffmpeg = binaries[0]!.ffmpeg,
): Promise<Sandbox> {
  const sandbox = await findSandbox(ffmpeg);
  if (sandbox === null) throw new Error("no sandbox");
  return {
    enclose: (args, work) => {
      const enclosed = sandbox.enclose([], work);
      const at = enclosed.args.indexOf("--");
      return {
        program: enclosed.program,
        args: [...enclosed.args.slice(0, at + 1), program, ...args],
      };
    },
  };
}
