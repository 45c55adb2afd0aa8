/** Outputs that are not what was planned, each wrong in one way only. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { planStreams } from "../../../src-main/core/stream-plan.ts";
import type { Binaries } from "../../../src-main/media/binaries.ts";
import { probeSource } from "../../../src-main/media/probe.ts";
import { stitch } from "../../../src-main/media/stitch.ts";
import {
  verifyOutput,
  type OutputExpectation,
} from "../../../src-main/media/verify-output.ts";
import {
  encodeAudio,
  encodeSegments,
  ffmpeg,
  generations,
  plainDisplay,
  recipeFor,
} from "../../fixtures/stitch-pieces.ts";

const containers = ["mp4", "mkv"] as const;
type Container = (typeof containers)[number];

interface Good {
  readonly file: string;
  readonly expectation: OutputExpectation;
}

let folder: string;
let both: readonly [Binaries, Binaries];
const good = new Map<string, Good>();

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "reelfarm-verify-"));
  both = await generations();
  const source = path.join(folder, "source.mkv");
  const lines = path.join(folder, "lines.srt");
  await writeFile(lines, "1\n00:00:00,500 --> 00:00:01,500\nA line\n");
  await ffmpeg(
    both[0],
    ...["-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=2"],
    ...["-f", "lavfi", "-i", "sine=f=440:b=2:r=48000:d=2", "-i", lines],
    ..."-map 0 -map 1 -map 2 -c:v libx264 -preset veryfast -pix_fmt yuv420p".split(
      " ",
    ),
    ...["-c:a", "aac", "-c:s", "srt", source],
  );
  for (const container of containers)
    for (const sound of ["aac", "copy"] as const)
      good.set(`${container} ${sound}`, await make(source, container, sound));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function make(
  source: string,
  container: Container,
  sound: "aac" | "copy",
): Promise<Good> {
  const [binaries] = both;
  const facts = await probeSource(binaries, source);
  const plan = planStreams(facts, recipeFor(container, "h264", sound));
  const segmentFiles = await encodeSegments(
    source,
    "h264",
    90_000,
    [0, 17, 41].map((startFrame, n) => ({
      ...{ startFrame, endFrame: [17, 41, 60][n] ?? 0, binaries },
    })),
    folder,
  );
  const audioFile =
    sound === "copy"
      ? null
      : await encodeAudio(binaries, source, "aac", folder);
  const file = path.join(folder, `good-${sound}.${container}`);
  const { video } = await stitch(binaries, {
    ...{ sourceFile: source, facts, plan, segmentFiles, audioFile },
    ...{ display: plainDisplay, fastStart: true, outputFile: file },
    workFolder: folder,
  });
  const size = { width: 320, height: 180 };
  const expectation = {
    ...{ sourceFile: source, facts, plan, video, size, audioFile },
    display: plainDisplay,
  };
  return { file, expectation };
}

/** Everything of the good output copied, but for what the arguments change; `IN` stands for it. */
const remuxes: readonly (readonly [string, readonly string[], RegExp])[] = [
  [
    "a frame is missing in the middle",
    ["-i", "IN", "-map", "0", "-c", "copy", "-bsf:v", "noise=drop=eq(n\\,31)"],
    /59 frames instead of 60/,
  ],
  [
    "a frame is there twice",
    [
      ...["-i", "IN", "-map", "0", "-c", "copy", "-c:v", "libx264"],
      ...["-filter:v", "loop=loop=1:size=1:start=20,setpts=N/30/TB"],
      ...["-fps_mode", "passthrough"],
    ],
    /61 frames instead of 60/,
  ],
  [
    "a frame is missing and another is there twice",
    [
      ...["-i", "IN", "-map", "0", "-c", "copy", "-c:v", "libx264", "-bf", "0"],
      ...["-filter:v", "setpts=PTS+if(eq(N\\,20)\\,0.6/30/TB\\,0)"],
      ...["-fps_mode", "passthrough", "-enc_time_base", "1:90000"],
    ],
    /frame 20 is shown at/,
  ],
  [
    "time runs 0.1 % slow",
    [
      ...["-i", "IN", "-map", "0", "-c", "copy", "-bsf:v"],
      "setts=pts=PTS*1.001:dts=DTS*1.001",
    ],
    /is shown at/,
  ],
  [
    "the last second is missing",
    ["-i", "IN", "-map", "0", "-c", "copy", "-t", "1"],
    /frames instead of 60/,
  ],
  [
    "sound is 100 ms late",
    [
      ...["-i", "IN", "-itsoffset", "0.1", "-i", "IN", "-map", "0:v"],
      ...["-map", "1:a", "-map", "0:s", "-map_chapters", "0", "-c", "copy"],
    ],
    /starts .* after the picture instead/,
  ],
  [
    "sound is 20 ms early: less than a frame of this film",
    [
      ...["-itsoffset", "0.02", "-i", "IN", "-i", "IN", "-map", "0:v"],
      ...["-map", "1:a", "-map", "0:s", "-c", "copy", "-copyts"],
    ],
    /starts .* after the picture instead/,
  ],
  [
    "the sound is missing",
    ["-i", "IN", "-map", "0", "-map", "-0:a", "-c", "copy"],
    /audio: none instead of aac/,
  ],
  [
    "the subtitle is missing",
    ["-i", "IN", "-map", "0", "-map", "-0:s", "-c", "copy"],
    /subtitles: none instead of/,
  ],
];

describe.each(containers)("%s: refused is an output in which", (container) => {
  const goodOne = (sound: "aac" | "copy"): Good =>
    good.get(`${container} ${sound}`)!;

  test.each(remuxes)("%s", async (_, args, reason) => {
    for (const sound of ["aac", "copy"] as const) {
      const { file, expectation } = goodOne(sound);
      const broken = path.join(folder, `broken.${container}`);
      await ffmpeg(
        both[1],
        ...args.map((one) => (one === "IN" ? file : one)),
        ...["-preset", "ultrafast", broken],
      );
      await expect(verifyOutput(both[0], broken, expectation)).rejects.toThrow(
        reason,
      );
    }
  });

  test("the end of the file is cut off", async () => {
    const { file, expectation } = goodOne("aac");
    const bytes = await readFile(file);
    const broken = path.join(folder, `cut.${container}`);
    for (const share of [0.5, 0.9, 0.99]) {
      await writeFile(broken, bytes.subarray(0, bytes.length * share));
      await expect(
        verifyOutput(both[0], broken, expectation),
      ).rejects.toMatchObject({ code: "output-wrong" });
    }
  });

  test("a part's pictures are damaged", async () => {
    const { file, expectation } = goodOne("aac");
    const bytes = await readFile(file);
    const at = Math.floor(bytes.length * 0.35);
    bytes.fill(0x5a, at, at + 3000);
    const broken = path.join(folder, `scratched.${container}`);
    await writeFile(broken, bytes);
    await expect(
      verifyOutput(both[0], broken, expectation),
    ).rejects.toMatchObject({ code: "output-wrong" });
  });

  test("nothing at all is wrong: it passes with both generations", async () => {
    for (const sound of ["aac", "copy"] as const)
      for (const binaries of both) {
        const { file, expectation } = goodOne(sound);
        const report = await verifyOutput(binaries, file, expectation);
        expect(report.frames).toBe(60);
      }
  });
});
