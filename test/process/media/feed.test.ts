import { describe, expect, test } from "vitest";

import { Failure } from "../../../src-main/core/errors.ts";
import {
  chooseFeed,
  feedPlanFor,
  type FeedPlan,
} from "../../../src-main/core/feed-plan.ts";
import { FrameIndex } from "../../../src-main/core/frame-index.ts";
import { NutMeter, type NutPacket } from "../../../src-main/core/nut-meter.ts";
import { wireOffsetS } from "../../../src-main/core/order.ts";
import type { MediaFacts } from "../../../src-main/core/media-facts.ts";
import { findBinaries } from "../../../src-main/media/binaries.ts";
import { openAudioFeed, openFeed } from "../../../src-main/media/feed.ts";
import { readPacketIndex } from "../../../src-main/media/packet-index.ts";
import { startTool } from "../../../src-main/media/process.ts";
import { probeSource } from "../../../src-main/media/probe.ts";
import {
  decodeAlone,
  decodeFeed,
  firstDifference,
} from "../../fixtures/identity.ts";
import { fixtureSource } from "../../fixtures/sources.ts";

const binaries = await findBinaries({ ffmpeg: "ffmpeg", ffprobe: "ffprobe" });
const packaged = await findBinaries({ env: {} });

interface Source {
  readonly file: string;
  readonly facts: MediaFacts;
  readonly index: FrameIndex;
  planOf(startFrame: number, endFrame: number): FeedPlan;
}

async function sourceOf(name: string): Promise<Source> {
  const { file } = await fixtureSource(name, binaries.ffmpeg);
  const facts = await probeSource(binaries, file);
  const index = new FrameIndex(facts.video!.timeBase);
  await readPacketIndex(binaries, file, facts, index);
  const choice = chooseFeed(facts, index);
  return {
    file,
    facts,
    index,
    planOf: (startFrame, endFrame) =>
      feedPlanFor(
        facts,
        index,
        { startFrame, endFrame },
        endFrame === index.knownFrames,
        choice,
      ),
  };
}

async function bytesOf(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function packetsOf(bytes: Buffer, pieceBytes: number): NutPacket[] {
  const packets: NutPacket[] = [];
  const meter = new NutMeter((packet) => packets.push(packet));
  for (let at = 0; at < bytes.length; at += pieceBytes)
    meter.push(bytes.subarray(at, at + pieceBytes));
  return packets;
}

describe.each([
  ["ffmpeg of the system", binaries],
  ["packaged ffmpeg", packaged],
])("a NUT stream by the %s", (_, tools) => {
  test.each(["open-mp4", "vfr-phone-jitter", "prores-timecode"])(
    "of %s is understood packet by packet, cut anywhere",
    async (name) => {
      const { file, facts, index, planOf } = await sourceOf(name);
      const plan = planOf(0, index.knownFrames);
      const feed = openFeed(tools, file, facts, plan);
      const bytes = await bytesOf(feed.stream);
      await feed.done;
      const packets = packetsOf(bytes, bytes.length);
      expect(packets.length).toBe(index.packetCount);
      expect(packets.filter(({ isKey }) => isKey).length).toBe(
        index.keyframeCount,
      );
      const shownUs = packets
        .map(({ ptsUs }) => ptsUs - wireOffsetS * 1e6)
        .sort((a, b) => a - b)
        .slice(index.discardedCount);
      shownUs.forEach((us, n) => expect(us).toBeCloseTo(index.ptsUs(n), 1));
      expect(packetsOf(bytes, 1)).toEqual(packets);
      expect(packetsOf(bytes, 4093)).toEqual(packets);
    },
  );
});

describe("a shortened feed", () => {
  test.each([
    ["closed-mp4", 40, 300, 130],
    ["closed-mp4", 0, 360, 1],
    ["open-ts", 100, 360, 200],
    ["hevc-open-mkv", 50, 340, 211],
    ["vfr-phone-jitter", 30, 359, 77],
    ["b-frames-16", 20, 168, 90],
    ["vp9-altref", 60, 360, 150],
    ["mpeg2-telecine", 10, 300, 100],
  ])(
    "of %s [%i, %i) at %i, and one for the rest, are what one process decodes",
    async (name, startFrame, endFrame, asked) => {
      const { file, facts, index, planOf } = await sourceOf(name);
      const alone = await decodeAlone(binaries, file, facts, index);
      const plan = planOf(startFrame, endFrame);
      const feed = openFeed(binaries, file, facts, plan, { index });
      const end = feed.shorten(asked);
      expect(end).toBeGreaterThanOrEqual(asked);
      expect(end).toBeLessThan(asked + 40);
      const first = await decodeFeed(binaries, feed, plan);
      await feed.done;
      expect(first.length).toBe(end - startFrame);
      const restPlan = planOf(end, endFrame);
      const rest = openFeed(binaries, file, facts, restPlan);
      const second = await decodeFeed(binaries, rest, restPlan);
      const expected = alone.slice(startFrame, endFrame);
      expect(firstDifference(expected, [...first, ...second], 1)).toBeNull();
    },
  );

  test("gives up no frame that is out already", async () => {
    const { file, facts, index, planOf } = await sourceOf("closed-mp4");
    const plan = planOf(0, 360);
    const feed = openFeed(binaries, file, facts, plan, { index });
    while (feed.framesFed() === 0)
      await new Promise((resolve) => setImmediate(resolve));
    const fed = feed.framesFed();
    expect(fed).toBeGreaterThan(0);
    const end = feed.shorten(1);
    expect(end).toBeGreaterThanOrEqual(fed);
    const frames = await decodeFeed(binaries, feed, plan);
    expect(frames.length).toBe(end);
  });

  test("keeps its end when it is too late", async () => {
    const { file, facts, index, planOf } = await sourceOf("closed-mp4");
    const feed = openFeed(binaries, file, facts, planOf(0, 100), { index });
    await bytesOf(feed.stream);
    expect(feed.framesFed()).toBe(100);
    expect(feed.shorten(50)).toBe(100);
  });
});

describe("a feed that goes wrong", () => {
  test("tells ffmpeg's reason", async () => {
    const { facts, planOf } = await sourceOf("closed-mp4");
    const notMedia = import.meta.filename;
    const feed = openFeed(binaries, notMedia, facts, planOf(0, 100));
    feed.stream.resume();
    await expect(feed.done).rejects.toMatchObject({
      code: "cut-failed",
      detail: expect.stringMatching(/Invalid data/) as string,
    });
  });

  test("tells that the source is gone", async () => {
    const { facts, planOf } = await sourceOf("closed-mp4");
    const feed = openFeed(binaries, "/nowhere.mp4", facts, planOf(0, 100));
    feed.stream.resume();
    await expect(feed.done).rejects.toMatchObject({
      code: "source-missing",
      detail: "/nowhere.mp4",
    });
  });

  test("is not exact when the copy begins too late", async () => {
    const { file, facts, planOf } = await sourceOf("closed-mp4");
    const plan = { ...planOf(200, 300), seekS: 6.4 };
    const feed = openFeed(binaries, file, facts, plan);
    feed.stream.resume();
    await expect(feed.done).rejects.toMatchObject({ code: "cut-not-exact" });
  });

  test("ends with its signal, and quietly when nobody reads on", async () => {
    const { file, facts, index, planOf } = await sourceOf("closed-mp4");
    const plan = planOf(0, index.knownFrames);
    const controller = new AbortController();
    const aborted = openFeed(binaries, file, facts, plan, {
      signal: controller.signal,
    });
    controller.abort();
    await expect(aborted.done).rejects.toThrow(/abort/i);
    const dropped = openFeed(binaries, file, facts, plan);
    dropped.stream.destroy();
    await expect(dropped.done).resolves.toBeUndefined();
  });

  test("failures are failures of the catalogue", async () => {
    const { facts, planOf } = await sourceOf("closed-mp4");
    const feed = openFeed(binaries, "/nowhere.mp4", facts, planOf(0, 100));
    feed.stream.resume();
    await expect(feed.done).rejects.toBeInstanceOf(Failure);
  });
});

describe("audio streams", () => {
  /** Hash of the samples, with the time of the first. */
  async function decoded(input: string[], map: string, bytes?: Buffer) {
    const run = startTool(
      binaries.ffmpeg,
      [
        ...["-v", "error", "-copyts", ...input, "-map", map],
        ...["-c:a", "pcm_s24le", "-f", "framemd5", "pipe:1"],
      ],
      { stdin: "pipe" },
    );
    run.stdin!.end(bytes);
    const text = (await bytesOf(run.stdout)).toString("latin1");
    const lines = text.split("\n").filter((each) => /^0,/.test(each));
    const sizeBytes = lines.reduce(
      (sum, each) => sum + Number(each.split(",")[4]),
      0,
    );
    const rateHz = Number(/^#tb 0: 1\/(\d+)/m.exec(text)![1]);
    return { sizeBytes, startS: Number(lines[0]!.split(",")[2]) / rateHz };
  }

  test.each(["everything", "closed-mp4", "rate-2997-ac3", "audio-later"])(
    "of %s go over whole, no sample more or less, shifted like the video",
    async (name) => {
      const { file, facts } = await sourceOf(name);
      const indexes = facts.audio.map(({ index }) => index);
      const feed = openAudioFeed(binaries, file, indexes, { facts });
      const bytes = await bytesOf(feed.stream);
      await feed.done;
      for (const [n, index] of indexes.entries()) {
        const alone = await decoded(["-i", file], `0:${String(index)}`);
        const fed = await decoded(
          ["-f", "nut", "-i", "pipe:0"],
          `0:${String(n)}`,
          bytes,
        );
        expect(fed.sizeBytes).toBe(alone.sizeBytes);
        expect(fed.startS - wireOffsetS).toBeCloseTo(alone.startS, 3);
      }
    },
  );
});
