import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { jobId } from "../../src-main/core/identifiers.ts";
import { checkStore } from "../../src-main/store/doctor.ts";
import { openNodeStore } from "../../src-main/store/node-store.ts";
import type { NodeStore } from "../../src-main/store/node-store.ts";
import { fakeNodeStore } from "../contract/store-fake.ts";
import {
  contentsOf,
  sampleEvent,
  sampleJob,
  sampleSegment,
} from "../contract/store-samples.ts";
import { seededRandom } from "../unit/store/seeded-random.ts";

/** 200 for the record (`REELFARM_KILLS=200`); a few each time. */
const kills = Number(process.env["REELFARM_KILLS"] ?? 20);
/** The built program: Node 20 runs no TypeScript. */
const storeUrl = new URL(
  "../../dist/main/store/node-store.js",
  import.meta.url,
);
const writer = fileURLToPath(new URL("store-writer.mjs", import.meta.url));

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "reelfarm-kill-"));
});
afterEach(() => rm(folder, { recursive: true }));

type Change =
  | ["putJob", ...Parameters<NodeStore["putJob"]>]
  | ["moveJob", ...Parameters<NodeStore["moveJob"]>]
  | ["recordSegment", ...Parameters<NodeStore["recordSegment"]>]
  | ["recordEvent", ...Parameters<NodeStore["recordEvent"]>]
  | ["updateSettings", ...Parameters<NodeStore["updateSettings"]>];

/** Ten jobs changed over and over; each change leaves the store unlike before. */
function changeAt(n: number): Change {
  const id = jobId(`job-${String(n % 10)}`);
  // Active jobs stay in memory, so that changes given together keep their order.
  if (n < 10) return ["putJob", sampleJob(id, { state: "active" })];
  const text = String(n);
  switch (n % 9) {
    case 0:
      return ["putJob", sampleJob(id, { notes: [text], state: "active" })];
    case 1:
      return ["recordEvent", id, sampleEvent(text)];
    case 2:
      return ["updateSettings", { name: text }];
    default: {
      const change = { recordedAtMs: n, sizeBytes: n };
      return ["recordSegment", id, sampleSegment(n % 40, change)];
    }
  }
}

async function applyTo(store: NodeStore, change: Change): Promise<void> {
  switch (change[0]) {
    case "putJob":
      return store.putJob(change[1]);
    case "moveJob":
      return store.moveJob(change[1], change[2]);
    case "recordSegment":
      return store.recordSegment(change[1], change[2]);
    case "recordEvent":
      return store.recordEvent(change[1], change[2]);
    case "updateSettings":
      return store.updateSettings(change[1]);
  }
}

/** Starts the writer and kills it `delayMs` after its `acks`th acknowledgement. Returns the last one seen. */
async function writeUntilKilled(
  listFile: string,
  first: number,
  acks: number,
  delayMs: number,
): Promise<number> {
  const child = spawn(
    process.execPath,
    [writer, storeUrl.href, folder, listFile, String(first)],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let text = "";
  let isKilling = false;
  child.stdout.on("data", (piece: Buffer) => {
    text += piece.toString();
    if (isKilling || text.split("\n").length - 1 <= acks) return;
    isKilling = true;
    setTimeout(() => child.kill("SIGKILL"), delayMs);
  });
  const [, signal] = (await once(child, "close")) as [unknown, string | null];
  expect(signal).toBe("SIGKILL");
  const seen = text.split("\n").slice(0, -1);
  return Number(seen.findLast((line) => line !== "open") ?? first);
}

it(
  `${String(kills)} kills in the middle of writing lose nothing acknowledged and damage nothing`,
  { timeout: 60_000 + kills * 5000 },
  async () => {
    const length = kills * 400 + 4000;
    const changes = Array.from({ length }, (_, n) => changeAt(n));
    const listFile = join(folder, "changes-list");
    await writeFile(listFile, JSON.stringify(changes));
    const random = seededRandom(20);
    const expected = fakeNodeStore();
    let done = 0;
    for (let kill = 0; kill < kills; kill++) {
      const acks = Math.floor(random() * 40);
      const delayMs = Math.floor(random() * 12);
      const acked = await writeUntilKilled(listFile, done, acks, delayMs);
      const { findings } = await checkStore(folder);
      expect(findings.filter((one) => one.severity === "error")).toEqual([]);
      const store = await openNodeStore(folder);
      const contents = JSON.stringify(await contentsOf(store));
      // Some rounds leave the journal as the kill left it, some fold it.
      await store.close();
      const begun = Math.min(length, acked + 8);
      while (done < acked) await applyTo(expected, changes[done++] as Change);
      let isFound = contents === JSON.stringify(await contentsOf(expected));
      while (!isFound && done < begun) {
        await applyTo(expected, changes[done++] as Change);
        isFound = contents === JSON.stringify(await contentsOf(expected));
      }
      expect(isFound, `kill ${String(kill)}: ${String(acked)} acked`).toBe(
        true,
      );
    }
  },
);
