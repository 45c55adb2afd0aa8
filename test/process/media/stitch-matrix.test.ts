import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";

import { containerHolds } from "../../../src-main/core/container-limits.ts";
import type { CarrierCodec } from "../../../src-main/core/ffmpeg-arguments/carrier.ts";
import { audioEncoders } from "../../../src-main/core/recipe.ts";
import type { AudioEncoder, Container } from "../../../src-main/core/recipe.ts";
import type { MediaFacts } from "../../../src-main/core/media-facts.ts";
import { planStreams } from "../../../src-main/core/stream-plan.ts";
import type { Binaries } from "../../../src-main/media/binaries.ts";
import { probeSource } from "../../../src-main/media/probe.ts";
import { stitch } from "../../../src-main/media/stitch.ts";
import { verifyOutput } from "../../../src-main/media/verify-output.ts";
import {
  decodedFrames,
  encodeAudio,
  encodeSegments,
  ffmpeg,
  generations,
  plainDisplay,
  recipeFor,
} from "../../fixtures/stitch-pieces.ts";

const codecs = [
  ...(["h264", "hevc", "av1", "vp9", "prores", "dnxhd", "ffv1"] as const),
];
const videoContainers = ["mp4", "mkv", "webm", "mov"] as const;
const frames = 60;
const bounds = [0, 17, 41, frames];
const timescale = 30_000;

let folder: string;
let source: string;
let both: readonly [Binaries, Binaries];
const segments = new Map<string, Promise<string[]>>();
const audio = new Map<string, Promise<string>>();
const decoded = new Map<string, ReturnType<typeof decodedFrames>>();
const sourceFacts = new Map<string, Promise<MediaFacts>>();

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "reelfarm-stitch-"));
  both = await generations();
  source = path.join(folder, "source.mkv");
  await ffmpeg(
    both[0],
    ...["-f", "lavfi", "-i", "testsrc2=s=320x180:r=30000/1001:d=2.002"],
    ...["-f", "lavfi", "-i", "sine=f=440:b=2:r=48000:d=2.002"],
    ..."-c:v libx264 -crf 20 -preset veryfast -pix_fmt yuv420p -g 24".split(
      " ",
    ),
    ...["-c:a", "aac", source],
  );
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function segmentsOf(
  codec: CarrierCodec,
  binaries: Binaries,
): Promise<string[]> {
  const key = `${codec} ${binaries.version}`;
  const made =
    segments.get(key) ??
    encodeSegments(
      source,
      codec,
      timescale,
      bounds.slice(1).map((endFrame, place) => ({
        startFrame: bounds[place] ?? 0,
        endFrame,
        binaries,
      })),
      folder,
    );
  segments.set(key, made);
  return made;
}

function audioOf(encoder: AudioEncoder, binaries: Binaries): Promise<string> {
  const key = `${encoder} ${binaries.version}`;
  const made = audio.get(key) ?? encodeAudio(binaries, source, encoder, folder);
  audio.set(key, made);
  return made;
}

/** What belongs to the source or a part is looked at once, not once for every cell. */
function decodedOnce(
  binaries: Binaries,
  file: string,
): ReturnType<typeof decodedFrames> {
  const key = `${file} ${binaries.version}`;
  const made = decoded.get(key) ?? decodedFrames(binaries, file);
  decoded.set(key, made);
  return made;
}

function factsOf(binaries: Binaries): Promise<MediaFacts> {
  const made =
    sourceFacts.get(binaries.version) ?? probeSource(binaries, source);
  sourceFacts.set(binaries.version, made);
  return made;
}

interface Cell {
  readonly codec: CarrierCodec | "copy";
  readonly container: Container;
  readonly sound: AudioEncoder | "copy";
  readonly generation: 0 | 1;
}

/** Every codec in every container that holds it, with both generations; the kinds of sound take turns. */
function cells(): Cell[] {
  let turn = 0;
  return [...codecs, "copy" as const].flatMap((codec) =>
    videoContainers.flatMap((container) => {
      const isHeld =
        codec === "copy"
          ? container !== "webm"
          : containerHolds(container, "video", codec);
      if (!isHeld) return [];
      const encoders = audioEncoders.filter((encoder) =>
        containerHolds(container, "audio", encoder),
      );
      const sounds = [
        ...encoders,
        ...(container === "webm" ? [] : (["copy"] as const)),
      ];
      return ([0, 1] as const).map((generation) => {
        turn += 1;
        const sound = sounds[turn % sounds.length] ?? "copy";
        return { codec, container, sound, generation };
      });
    }),
  );
}

// Two at once: while one is decoded another is joined.
describe.concurrent(
  "segments become one file that decodes as its parts do",
  () => {
    test.for(cells())(
      "$codec in $container with $sound sound, generation $generation",
      async ({ codec, container, sound, generation }, { expect }) => {
        const binaries = both[generation];
        const facts = await factsOf(binaries);
        const recipe = recipeFor(container, codec, sound);
        const plan = planStreams(facts, recipe);
        const segmentFiles =
          codec === "copy" ? [] : await segmentsOf(codec, binaries);
        const audioFile =
          sound === "copy" ? null : await audioOf(sound, binaries);
        const outputFile = path.join(
          folder,
          `out-${codec}-${sound}-${String(generation)}.${container}`,
        );
        const display = codec === "copy" ? null : plainDisplay;
        const report = await stitch(binaries, {
          sourceFile: source,
          facts,
          plan,
          segmentFiles,
          display,
          audioFile,
          fastStart: true,
          outputFile,
          workFolder: folder,
        });
        const verified = await verifyOutput(binaries, outputFile, {
          sourceFile: source,
          facts,
          plan,
          video: report.video,
          display,
          size: { width: 320, height: 180 },
          audioFile,
        });
        expect(verified.frames).toBe(frames);
        const whole = await decodedFrames(binaries, outputFile);
        const parts = await Promise.all(
          (codec === "copy" ? [source] : segmentFiles).map((file) =>
            decodedOnce(binaries, file),
          ),
        );
        expect(whole.hashes).toEqual(parts.flatMap(({ hashes }) => hashes));
        if (codec === "ffv1") {
          const { hashes } = await decodedOnce(binaries, source);
          expect(whole.hashes).toEqual(hashes);
        }
      },
    );
  },
);
