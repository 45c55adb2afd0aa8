import { writeFile } from "node:fs/promises";
import path from "node:path";
import { Failure } from "../core/errors.ts";
import type { Binaries } from "../media/binaries.ts";
import { readTool } from "../media/process.ts";

export const sampleS = 24;
const sampleRate = 30;
const makeTimeoutMs = 120_000;

/**
 * Makes a film to try things with: 24 s of moving picture in 1280x720, a tone
 * that swells, two chapters.
 *
 * @throws Failure `encoder-failed` when ffmpeg cannot make it.
 */
export async function makeSampleClip(
  binaries: Binaries,
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  const chapters = path.join(folder, "chapters.txt");
  await writeFile(chapters, chapterText);
  const file = path.join(folder, "sample.mkv");
  const { exit } = await readTool(
    binaries.ffmpeg,
    sampleArguments(chapters, file),
    { signal, timeoutMs: makeTimeoutMs },
  );
  if (exit.code !== 0)
    throw new Failure("encoder-failed", "the sample clip could not be made", {
      cause: exit.stderrTail,
    });
  return file;
}

function sampleArguments(chapters: string, file: string): string[] {
  const size = `s=1280x720:r=${String(sampleRate)}:d=${String(sampleS)}`;
  const tone = `sine=f=330:r=48000:d=${String(sampleS)},tremolo=f=0.5:d=0.8,aformat=channel_layouts=stereo`;
  return [
    ["-nostdin", "-v", "error", "-y"],
    ["-f", "lavfi", "-i", `testsrc2=${size}`],
    ["-f", "lavfi", "-i", tone],
    ["-f", "ffmetadata", "-i", chapters],
    ["-map", "0:v", "-map", "1:a", "-map_chapters", "2"],
    ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "20", "-g", "60"],
    ["-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "128k"],
    ["-metadata", "title=Reelfarm sample", "-f", "matroska", file],
  ].flat();
}

const chapterText = `;FFMETADATA1
[CHAPTER]
TIMEBASE=1/1
START=0
END=${String(sampleS / 2)}
title=First half
[CHAPTER]
TIMEBASE=1/1
START=${String(sampleS / 2)}
END=${String(sampleS)}
title=Second half
`;
