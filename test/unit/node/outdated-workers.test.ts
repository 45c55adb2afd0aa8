import { expect, test } from "vitest";
import type { DeviceId } from "../../../src-main/core/identifiers.ts";
import { OutdatedWorkers } from "../../../src-main/node/outdated-workers.ts";
import { ownProtocol } from "../../../src-main/protocol/hello.ts";

const peer = (letter: string, appVersion: string, highest: number) => ({
  peerId: letter.repeat(64) as DeviceId,
  name: `computer ${letter}`,
  appVersion,
  highest,
});

test("W6 who speaks an older protocol is to be updated to our version, who speaks a newer one is to be followed", () => {
  const outdated = new OutdatedWorkers("2.0.0");
  outdated.add(peer("a", "1.0.0", ownProtocol.lowest - 1));
  outdated.add(peer("b", "3.0.0", ownProtocol.highest + 1));
  const rows = outdated.rows();
  expect(rows.map(({ state, slots }) => [state, slots])).toEqual([
    ["outdated", 0],
    ["outdated", 0],
  ]);
  expect(rows.map(({ idleReason }) => idleReason)).toEqual([
    "It has Reelfarm 1.0.0: update it to 2.0.0.",
    "It has Reelfarm 3.0.0: update this computer to that.",
  ]);
  outdated.remove("a".repeat(64) as DeviceId);
  expect(outdated.rows()).toHaveLength(1);
});
