import { expect, test } from "vitest";

import { FrameIndex } from "../../../src-main/core/frame-index.ts";
import { findBinaries } from "../../../src-main/media/binaries.ts";
import { tryFeed } from "../../../src-main/media/feed-trial.ts";
import { readPacketIndex } from "../../../src-main/media/packet-index.ts";
import { probeSource } from "../../../src-main/media/probe.ts";
import { fixtureSource } from "../../fixtures/sources.ts";

const binaries = await findBinaries({ ffmpeg: "ffmpeg", ffprobe: "ffprobe" });

async function triedFrom(name: string) {
  const { file } = await fixtureSource(name, binaries.ffmpeg);
  const facts = await probeSource(binaries, file);
  const index = new FrameIndex(facts.video!.timeBase);
  await readPacketIndex(binaries, file, facts, index);
  return tryFeed(binaries, file, facts, index, { kind: "ranges" });
}

test.each(["closed-mp4", "hevc-open-ts", "edit-list", "one-frame"])(
  "%s can be copied through NUT",
  async (name) => {
    expect(await triedFrom(name)).toEqual({ kind: "ranges" });
  },
);

test("packets that NUT refuses are found out", async () => {
  expect(await triedFrom("raw-h264")).toEqual({
    kind: "whole",
    feed: "nut-decoded",
    reason: "not-copyable",
  });
});
