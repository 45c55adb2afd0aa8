import { open, stat } from "node:fs/promises";
import { loopClip, makeClip } from "./bench-source.ts";
import type { Bench } from "./section.ts";
import { runTool } from "./tool-run.ts";

/** Camera footage: several gigabytes of high bitrate, by looping a clip. 0.3 GB with --quick. */
export async function largeSource(
  bench: Bench,
  extension: "mkv" | "mp4",
): Promise<string> {
  const clip = await makeClip(bench, {
    width: bench.isQuick ? 320 : 1280,
    height: bench.isQuick ? 180 : 720,
    seconds: bench.isQuick ? 10 : 20,
    kilobitsPerSecond: bench.isQuick ? 8_000 : 60_000,
    keyframes: 30,
  });
  const wantedBytes = bench.isQuick ? 0.1e9 : 4.4e9;
  const { size } = await stat(clip);
  return loopClip(bench, clip, Math.ceil(wantedBytes / size), extension);
}

/** Takes a file out of the page cache where dd can ask for that; false where it cannot. */
export async function forgetFile(bench: Bench, file: string): Promise<boolean> {
  const handle = await open(file, "r+");
  // Pages not yet written stay.
  await handle.sync().finally(() => handle.close());
  const args = [`if=${file}`, "of=/dev/null", "iflag=nocache", "count=0"];
  return runTool(bench, "dd", args).then(
    () => true,
    () => false,
  );
}
