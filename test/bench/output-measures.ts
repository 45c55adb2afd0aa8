/** What an output is worth: bytes of video, frames, likeness to its source. */
import type { Bench } from "./section.ts";
import { runFfmpeg, runTool } from "./tool-run.ts";

export interface PacketFacts {
  readonly packets: number;
  readonly bytes: number;
  /** Presentation times in milliseconds, sorted. */
  readonly timesMs: readonly number[];
}

/** Of the first video stream, by its packets. */
export async function videoPackets(
  bench: Bench,
  file: string,
): Promise<PacketFacts> {
  const { stdout } = await runTool(bench, bench.binaries.ffprobe, [
    ...["-v", "error", "-select_streams", "v:0", "-of", "csv=p=0"],
    ...["-show_entries", "packet=pts_time,size", file],
  ]);
  const timesMs: number[] = [];
  let bytes = 0;
  for (const line of stdout.split("\n")) {
    const [time, size] = line.split(",");
    if (time === undefined || size === undefined) continue;
    timesMs.push(Math.round(Number(time) * 1000));
    bytes += Number(size);
  }
  timesMs.sort((a, b) => a - b);
  return { packets: timesMs.length, bytes, timesMs };
}

/** A hash over all decoded pictures, in order. */
export async function pictureHash(bench: Bench, file: string): Promise<string> {
  const { stdout } = await runFfmpeg(bench, [
    ...["-i", file, "-map", "0:v:0", "-fps_mode", "passthrough"],
    ...["-f", "hash", "-hash", "md5", "-"],
  ]);
  return stdout.trim();
}

export interface Likeness {
  readonly psnrDb: number;
  readonly ssim: number;
  /** Null where this ffmpeg has no libvmaf. */
  readonly vmaf: number | null;
}

/** Frame by frame against the source; both are read in presentation order. */
export async function likeness(
  bench: Bench,
  file: string,
  source: string,
): Promise<Likeness> {
  const withVmaf = await compare(bench, file, source, true).catch(() => null);
  bench.signal.throwIfAborted();
  const told = withVmaf ?? (await compare(bench, file, source, false));
  const psnr = /average:([\d.]+|inf)/.exec(told)?.[1];
  const ssim = /All:([\d.]+)/.exec(told)?.[1];
  const vmaf = /VMAF score: ([\d.]+)/.exec(told)?.[1];
  return {
    psnrDb: psnr === "inf" ? 100 : Number(psnr),
    ssim: Number(ssim),
    vmaf: vmaf === undefined ? null : Number(vmaf),
  };
}

/** What ffmpeg's filters say. Decodes once for all of them. */
async function compare(
  bench: Bench,
  file: string,
  source: string,
  withVmaf: boolean,
): Promise<string> {
  const filters = [
    "psnr",
    "ssim",
    // Every fifth picture: the slowest of the three by far.
    ...(withVmaf ? ["libvmaf=n_threads=1:n_subsample=5"] : []),
  ];
  const count = String(filters.length);
  const label = (of: string) =>
    filters.map((name) => `[${of}${name.slice(0, 4)}]`);
  const [ours, theirs] = [label("a"), label("b")];
  const { stderr } = await runTool(bench, bench.binaries.ffmpeg, [
    ...["-nostdin", "-hide_banner", "-nostats", "-i", file, "-i", source],
    "-lavfi",
    [
      // Numbered anew: timestamps are rounded differently by containers.
      `[0:v]settb=1/30,setpts=N,split=${count}${ours.join("")}`,
      `[1:v]settb=1/30,setpts=N,split=${count}${theirs.join("")}`,
      ...filters.map(
        (filter, at) => `${ours[at] ?? ""}${theirs[at] ?? ""}${filter}`,
      ),
    ].join(";"),
    ...["-an", "-f", "null", "-"],
  ]);
  return stderr;
}
