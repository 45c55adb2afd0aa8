/** The proof of media.md: pieces decoded by workers are the frames and timestamps of one process. */
import { afterAll, describe, expect, test } from "vitest";

import { Failure } from "../../src-main/core/errors.ts";
import {
  chooseFeed,
  feedPlanFor,
  type FeedChoice,
} from "../../src-main/core/feed-plan.ts";
import { FrameIndex } from "../../src-main/core/frame-index.ts";
import { KeyframeTrust } from "../../src-main/core/keyframe-trust.ts";
import { NutMeter } from "../../src-main/core/nut-meter.ts";
import type { MediaFacts } from "../../src-main/core/media-facts.ts";
import { findBinaries, type Binaries } from "../../src-main/media/binaries.ts";
import { openFeed } from "../../src-main/media/feed.ts";
import { readPacketIndex } from "../../src-main/media/packet-index.ts";
import { probeSource } from "../../src-main/media/probe.ts";
import {
  decodeAlone,
  decodeFeed,
  firstDifference,
  type DecodedFrame,
} from "../fixtures/identity.ts";
import { fixtureSource, type FixtureSource } from "../fixtures/sources.ts";
import { sourceRecipes } from "../fixtures/source-recipes.ts";

/** To look into a few: REELFARM_SOURCES=open-ts,gif */
const only = process.env["REELFARM_SOURCES"]?.split(",");
const onPath = await findBinaries({ ffmpeg: "ffmpeg", ffprobe: "ffprobe" });
const packaged = await findBinaries({ env: {} });

/** One of each kind is decoded by the other generation of ffmpeg, too. */
const bothGenerations: ReadonlySet<string> = new Set(
  (
    "closed-mp4 fragmented-mp4 mkv-no-cues open-ts hevc-open-mkv hevc-cra-start intra-refresh-ts mp4-no-stss " +
    "avi-h264 mpeg2-ps mpeg2-telecine vp9-altref av1-mp4 raw-h264 hdr10-mp4 vfr-phone-jitter vfr-gap-5s edit-list " +
    "delayed-video ts-wrap ts-clock-back duplicate-pts mp4-cut-60 ts-mid-gop cover-mp4 two-videos-cover-first " +
    "b-frames-16 hls"
  ).split(" "),
);
/** Sent from a keyframe earlier; all others of which a whole group of pictures is asked are sent exactly that. */
const preRolled: ReadonlySet<string> = new Set(
  "intra-refresh-ts intra-refresh-mp4 mp4-no-stss wmv two-videos-cover-first".split(
    " ",
  ),
);
const generations = [
  { binaries: onPath, names: null },
  { binaries: packaged, names: bothGenerations },
];
const rows: string[] = [];

afterAll(() => {
  console.log(
    ["source | way | frames | pieces | packets sent", ...rows.sort()].join(
      "\n",
    ),
  );
});

for (const { binaries, names } of generations)
  describe.concurrent(`ffmpeg ${binaries.version}`, () => {
    const chosen = sourceRecipes.filter(({ name }) =>
      only ? only.includes(name) : (names?.has(name) ?? true),
    );
    for (const { name } of chosen)
      test(`${name} is identical or refused`, async () => {
        const source = await fixtureSource(name, onPath.ffmpeg);
        // A static ffprobe may crash where it converts the names of channels (MPEG-TS).
        const prober = source.file.endsWith(".ts") ? onPath : binaries;
        const tools = { ...binaries, ffprobe: prober.ffprobe };
        const row = await prove(tools, source);
        rows.push(`${name} (ffmpeg ${String(binaries.versionMajor)}) | ${row}`);
      });
  });

/** Throws where a piece differs; else tells the way the source went. */
async function prove(
  binaries: Binaries,
  { name, file, expectation }: FixtureSource,
): Promise<string> {
  if (expectation === "refused") return refusalOf(binaries, file);
  const facts = await probeSource(binaries, file);
  const index = new FrameIndex(facts.video!.timeBase);
  await readPacketIndex(binaries, file, facts, index);
  const choice = chooseFeed(facts, index);
  const alone = await decodeAlone(binaries, file, facts, index);
  // Muxers move equal timestamps apart by single ticks.
  const toleranceUs = index.hasHazard("duplicate-timestamps") ? 1000 : 100;
  const { bounds, group } = boundsFor(choice, index);
  const problems: string[] = [];
  const pieces = await decodePieces(
    binaries,
    file,
    { facts, index, choice },
    bounds,
    problems,
  );
  const difference = firstDifference(
    alone,
    pieces.flatMap(({ frames }) => frames),
    toleranceUs,
  );
  if (difference) problems.push(`[${bounds.join(" ")}] ${difference}`);
  expect(problems).toEqual([]);
  expect(choice.kind).toBe(expectation);
  const sent = pieces[group]?.packets;
  if (sent !== undefined)
    expect(sent > pieces[group]!.frames.length).toBe(preRolled.has(name));
  const way =
    choice.kind === "ranges"
      ? "ranges"
      : `whole, ${choice.feed}: ${choice.reason}`;
  const packets = pieces.reduce((sum, piece) => sum + piece.packets, 0);
  return [way, alone.length, pieces.length, packets].map(String).join(" | ");
}

interface Context {
  readonly facts: MediaFacts;
  readonly index: FrameIndex;
  readonly choice: FeedChoice;
}

interface Piece {
  readonly frames: readonly DecodedFrame[];
  /** What was sent for them. */
  readonly packets: number;
}

async function decodePieces(
  binaries: Binaries,
  file: string,
  { facts, index, choice }: Context,
  bounds: readonly number[],
  problems: string[],
): Promise<Piece[]> {
  const trust = new KeyframeTrust();
  const pieces: Piece[] = [];
  for (let n = 1; n < bounds.length; n += 1) {
    let packets = 0;
    const meter = new NutMeter(() => (packets += 1));
    const range = { startFrame: bounds[n - 1]!, endFrame: bounds[n]! };
    const isLast = n === bounds.length - 1;
    const plan = feedPlanFor(facts, index, range, isLast, choice, {
      contextFrames: 0,
      mayBeginWith: (keyframe) => trust.allows(keyframe),
    });
    const feed = openFeed(binaries, file, facts, plan, { index, trust });
    feed.stream.on("data", (chunk: Buffer) => {
      meter.push(chunk);
    });
    const frames = await decodeFeed(binaries, feed, plan);
    await feed.done.catch((failure: unknown) =>
      problems.push(`${range.startFrame}: ${String(failure)}`),
    );
    if (plan.expectedFrames !== null && frames.length !== plan.expectedFrames)
      problems.push(
        `[${range.startFrame}, ${range.endFrame}) gave ${frames.length} frames`,
      );
    pieces.push({ frames, packets });
  }
  return pieces;
}

/**
 * At cut points as the scheduler likes them, and where nobody would: one
 * frame, inside GOPs, a tiny last one. `group` is the piece that lies between
 * two cut points; -1 where there is none.
 */
function boundsFor(
  choice: FeedChoice,
  index: FrameIndex,
): { bounds: number[]; group: number } {
  const end = index.knownFrames;
  if (choice.kind === "whole") return { bounds: [0, end], group: -1 };
  const cuts = index.cutPoints();
  const early = cuts.at(1) ?? 3;
  const [from = 5, to = 6] = cuts.slice(-2);
  const inside = Math.round(0.37 * end);
  const bounds = [0, 1, 2, early, early + 1, inside, from, to, end - 1, end]
    .filter((bound) => bound >= 0 && bound <= end)
    .sort((a, b) => a - b);
  const all = [...new Set(bounds)];
  const start = all.indexOf(from);
  const isWhole = cuts.length > 4 && all[start + 1] === to;
  return { bounds: all, group: isWhole ? start : -1 };
}

async function refusalOf(binaries: Binaries, file: string): Promise<string> {
  try {
    const facts = await probeSource(binaries, file);
    expect(facts.video).toBeNull();
    return "no video";
  } catch (cause) {
    if (cause instanceof Failure) return cause.code;
    throw cause;
  }
}
