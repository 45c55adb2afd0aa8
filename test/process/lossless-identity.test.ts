/** The proof of media.md: pieces decoded by workers are the frames and timestamps of one process. */
import { afterAll, describe, expect, test } from "vitest";

import { Failure } from "../../src-main/core/errors.ts";
import {
  chooseFeed,
  feedPlanFor,
  type FeedChoice,
} from "../../src-main/core/feed-plan.ts";
import { FrameIndex } from "../../src-main/core/frame-index.ts";
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
import { fixtureSource } from "../fixtures/sources.ts";
import { sourceRecipes } from "../fixtures/source-recipes.ts";

const only = process.env["REELFARM_SOURCES"]?.split(",");
const recipes = sourceRecipes.filter(
  ({ name }) => !only || only.includes(name),
);
const table: string[] = [];

/** The distribution's ffmpeg from PATH, and the one that a package brought. */
const generations = [
  await findBinaries({ ffmpeg: "ffmpeg", ffprobe: "ffprobe" }),
  await findBinaries({ env: {} }),
];

afterAll(() => {
  console.log(table.sort().join("\n"));
});

for (const [which, binaries] of generations.entries())
  describe.concurrent(
    `ffmpeg ${binaries.version}`,
    { timeout: 120_000 },
    () => {
      for (const recipe of recipes) {
        test(`${recipe.name} is identical or refused`, async () => {
          const source = await fixtureSource(
            recipe.name,
            generations[0]!.ffmpeg,
          );
          if (recipe.expectation === "refused") {
            const reason = await refusalOf(binaries, source.file);
            table.push(`${recipe.name} [${which}]: ${reason}`);
            return;
          }
          const facts = await probeSource(binaries, source.file);
          const index = new FrameIndex(facts.video!.timeBase);
          await readPacketIndex(binaries, source.file, facts, index);
          const choice = chooseFeed(facts, index);
          const alone = await decodeAlone(binaries, source.file, facts, index);
          const problems: string[] = [];
          let pieces = 0;
          for (const bounds of partitionsFor(choice, index)) {
            pieces = Math.max(pieces, bounds.length - 1);
            const pieced = await decodePieces(
              binaries,
              source.file,
              { facts, index, choice },
              bounds,
              problems,
            );
            const difference = firstDifference(
              alone,
              pieced,
              index.hasHazard("duplicate-timestamps") ? 1000 : 100,
            );
            if (difference)
              problems.push(`[${bounds.join(" ")}] ${difference}`);
          }
          table.push(
            `${recipe.name} [${which}]: ${JSON.stringify(choice)} frames ${index.knownFrames} alone ${alone.length} keys ${index.keyframeCount} cuts ${index.cutPoints().length} pieces ${pieces} hazards ${index
              .hazards()
              .map(({ kind }) => kind)
              .join(" ")}`,
          );
          expect(problems).toEqual([]);
          expect(choice.kind).toBe(recipe.expectation);
        });
      }
    },
  );

interface Context {
  readonly facts: MediaFacts;
  readonly index: FrameIndex;
  readonly choice: FeedChoice;
}

async function decodePieces(
  binaries: Binaries,
  file: string,
  { facts, index, choice }: Context,
  bounds: readonly number[],
  problems: string[],
): Promise<DecodedFrame[]> {
  const all: DecodedFrame[] = [];
  for (let n = 1; n < bounds.length; n += 1) {
    const range = { startFrame: bounds[n - 1]!, endFrame: bounds[n]! };
    const isLast = n === bounds.length - 1;
    const plan = feedPlanFor(facts, index, range, isLast, choice);
    const feed = openFeed(binaries, file, facts, plan);
    const frames = await decodeFeed(binaries, feed, plan);
    await feed.done.catch((failure: unknown) =>
      problems.push(`${range.startFrame}: ${String(failure)}`),
    );
    if (plan.expectedFrames !== null && frames.length !== plan.expectedFrames)
      problems.push(
        `[${range.startFrame}, ${range.endFrame}) gave ${frames.length} frames`,
      );
    all.push(...frames);
  }
  return all;
}

/** At cut points as the scheduler likes them, and where nobody would: one frame, inside GOPs, a tiny last one. */
function partitionsFor(choice: FeedChoice, index: FrameIndex): number[][] {
  const end = index.knownFrames;
  if (choice.kind === "whole") return [[0, end]];
  const cuts = index.cutPoints();
  const few = cuts.filter((_, n) => n % Math.ceil(cuts.length / 4) === 0);
  const awkward = [1, 2, 0.13, 0.37, 0.371, 0.68, 0.9]
    .map((part) => (part < 1 ? Math.round(part * end) : part))
    .concat(cuts.at(1) ?? 3, (cuts.at(1) ?? 3) + 1, end - 1)
    .filter((bound) => bound > 0 && bound < end);
  return [few, awkward].map((bounds) => [
    0,
    ...new Set(bounds.sort((a, b) => a - b)),
    end,
  ]);
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
