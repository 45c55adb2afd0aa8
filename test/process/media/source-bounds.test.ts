/**
 * What reads a source is ended where it hangs, takes the machine's memory or
 * comes to no end: other programs in ffmpeg's place, and real bombs.
 */
import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  feedPlanFor,
  type FeedChoice,
} from "../../../src-main/core/feed-plan.ts";
import { FrameIndex } from "../../../src-main/core/frame-index.ts";
import type { MediaFacts } from "../../../src-main/core/media-facts.ts";
import { findBinaries } from "../../../src-main/media/binaries.ts";
import { openAudioFeed, openFeed } from "../../../src-main/media/feed.ts";
import { readPacketIndex } from "../../../src-main/media/packet-index.ts";
import { probeSource } from "../../../src-main/media/probe.ts";
import { sumStreamBytes } from "../../../src-main/media/stream-sizes.ts";
import { startTool } from "../../../src-main/media/process.ts";
import { fixtureSource } from "../../fixtures/sources.ts";

const binaries = await findBinaries({ ffmpeg: "ffmpeg", ffprobe: "ffprobe" });
const quick = { maxSilentMs: 300 };
let folder = "";
let file = "";
let facts: MediaFacts;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "reelfarm-bounds-"));
  ({ file } = await fixtureSource("closed-mp4", "ffmpeg"));
  facts = await probeSource(binaries, file);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The tools, with a program of this text in the place of both. */
async function inPlace(name: string, script: string) {
  const program = path.join(folder, name);
  await writeFile(program, `#!/bin/sh\n${script}\n`);
  await chmod(program, 0o755);
  return { ...binaries, ffmpeg: program, ffprobe: program };
}

const decoded: FeedChoice = {
  kind: "whole",
  feed: "nut-decoded",
  reason: "not-copyable",
};

it("a feed that never begins, or stops in the middle, fails as a cut", async () => {
  for (const script of ["exec sleep 600", "echo begun; exec sleep 600"]) {
    const tools = await inPlace("hangs", script);
    const feed = openAudioFeed(tools, file, [1], { bounds: quick });
    feed.stream.on("error", () => undefined).resume();
    await expect(feed.done).rejects.toMatchObject({
      code: "cut-failed",
      detail: "gave nothing for 0.3 s",
    });
  }
});

it("a reader may take its time: a feed that waits for it is not silent", async () => {
  const tools = await inPlace("floods", "exec yes");
  const feed = openAudioFeed(tools, file, [1], { bounds: quick });
  feed.stream.on("error", () => undefined);
  await after(1_200);
  let bytes = 0;
  feed.stream.on("data", (chunk: Buffer) => (bytes += chunk.length));
  while (bytes < 1_000_000) await after(20);
  feed.kill();
  await feed.done;
});

it("what is suspended is not silent either", async () => {
  const run = startTool("/bin/sh", ["-c", "exec sleep 600"], quick);
  run.suspend();
  run.stdout.resume();
  expect(await Promise.race([run.done, after(900, "waits")])).toBe("waits");
  run.kill();
  expect((await run.done).exceeded).toBeNull();
});

it("a list of packets that hangs or has no end is given up", async () => {
  const indexed = async (script: string, options: object): Promise<void> => {
    const index = new FrameIndex(facts.video!.timeBase);
    const tools = await inPlace("lists", script);
    await readPacketIndex(tools, file, facts, index, options);
  };
  await expect(
    indexed("echo '0|0|K_'; exec sleep 600", { bounds: quick }),
  ).rejects.toMatchObject({ code: "source-unreadable" });
  await expect(
    indexed("exec yes '0|0|K_'", { maxPackets: 20_000 }),
  ).rejects.toMatchObject({ code: "source-damaged" });
});

it("a list of sizes that hangs is given up", async () => {
  const tools = await inPlace("weighs", "exec sleep 600");
  const sum = sumStreamBytes(tools, file, [0], undefined, quick);
  await expect(sum).rejects.toMatchObject({ code: "source-unreadable" });
});

it.runIf(process.platform === "linux")(
  "a film of a few kilobytes that unpacks to more memory than it may take fails as a cut",
  async () => {
    const bomb = path.join(folder, "bomb.mkv");
    execFileSync(binaries.ffmpeg, [
      ...["-nostdin", "-v", "error", "-f", "lavfi"],
      ...["-i", "color=s=8000x8000:r=25:d=0.4,format=gray", "-c:v", "png"],
      bomb,
    ]);
    const bombFacts = await probeSource(binaries, bomb);
    const index = new FrameIndex(bombFacts.video!.timeBase);
    await readPacketIndex(binaries, bomb, bombFacts, index);
    const range = { startFrame: 0, endFrame: index.knownFrames };
    const plan = feedPlanFor(bombFacts, index, range, true, decoded);
    const feed = openFeed(binaries, bomb, bombFacts, plan, {
      bounds: { maxMemoryBytes: 150_000_000 },
    });
    feed.stream.on("error", () => undefined).resume();
    await expect(feed.done).rejects.toMatchObject({ code: "cut-failed" });
    await expect(feed.done).rejects.toThrow("memory");
  },
);
