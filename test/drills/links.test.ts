/** Cables are pulled and put back: work goes on elsewhere, and the cut-off worker is taken up again. */
import { afterEach, describe, expect, test } from "vitest";
import { startDrillFarm, type DrillFarm } from "../fixtures/drill-farm.ts";
import { drillClip } from "../fixtures/drill-media.ts";
import { hasNamespaces } from "../fixtures/namespaces.ts";

const all = process.env["REELFARM_DRILLS"] === "all";
/** Targets of design.md section 13. */
const brokenMs = 2_000;
const silentMs = 15_000;

/** A machine that does ten other things may take this many times as long; what is wrong takes longer still. */
const patience = 2;

let farm: DrillFarm;
afterEach(() => farm.close());

async function cutTheBusyOne(kind: "silent" | "broken") {
  const victim = await farm.busyWorker();
  const before = performance.now();
  farm.cutLink(victim.name, kind);
  await farm.busyWorker(({ name }) => name !== victim.name);
  const tookMs = performance.now() - before;
  console.log(`${kind} link: elsewhere after ${tookMs.toFixed(0)} ms`);
  return { victim, tookMs };
}

describe("a link is cut", () => {
  test("connections break: at work elsewhere within 2 s, and the worker comes back", async () => {
    farm = await startDrillFarm({ workers: [{}, {}], cables: "relays" });
    const source = await drillClip({ durationS: 24, whole: true });
    const job = await farm.addJob({ source });
    const { victim, tookMs } = await cutTheBusyOne("broken");
    expect(tookMs).toBeLessThan(patience * brokenMs);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    farm.restoreLink(victim.name);
    await farm.waitFor(({ workers }) => workers.length === 2, {
      what: "the worker's return",
    });
    await farm.expectRight(job);
    await farm.nothingLeft([job]);
  });

  test("nothing passes any more: at work elsewhere within 15 s, and the worker comes back", async () => {
    farm = await startDrillFarm({ workers: [{}, {}], cables: "relays" });
    const source = await drillClip({ durationS: 48, whole: true });
    const job = await farm.addJob({ source });
    const { victim, tookMs } = await cutTheBusyOne("silent");
    expect(tookMs).toBeLessThan(patience * silentMs);
    await farm.waitFor(({ workers }) => workers.length === 1, {
      what: "the end of the silent link",
    });
    farm.restoreLink(victim.name);
    await farm.waitFor(({ workers }) => workers.length === 2, {
      what: "the worker's return",
    });
    await farm.expectRight(job);
    await farm.nothingLeft([job]);
  });

  test("a short break in mid-segment costs nothing but the break", async () => {
    farm = await startDrillFarm({ workers: [{}], cables: "relays" });
    const source = await drillClip({ durationS: 12 });
    const job = await farm.addJob({ source, segmentS: 3 });
    for (let cut = 0; cut < 3; cut += 1) {
      const { name } = await farm.busyWorker();
      farm.cutLink(name, "silent");
      await new Promise((resolve) => setTimeout(resolve, 700));
      farm.restoreLink(name);
    }
    await farm.expectRight(job);
    const { figures, log } = await farm.detail(job);
    expect(figures?.wastedFrames, log.map(({ text }) => text).join("\n")).toBe(
      0,
    );
    await farm.nothingLeft([job]);
  });

  // The same as the one before over real interfaces: long, so only when asked for.
  test.runIf(all && hasNamespaces)(
    "an interface goes down and comes back: at work elsewhere within 15 s, and right in the end",
    async () => {
      farm = await startDrillFarm({
        workers: [{}, {}],
        cables: "namespaces",
      });
      const source = await drillClip({ durationS: 48, whole: true });
      const job = await farm.addJob({ source });
      const { victim, tookMs } = await cutTheBusyOne("silent");
      expect(tookMs).toBeLessThan(patience * silentMs);
      await farm.waitFor(({ workers }) => workers.length === 1, {
        what: "the end of the silent link",
      });
      farm.restoreLink(victim.name);
      await farm.waitFor(({ workers }) => workers.length === 2, {
        what: "the worker's return",
      });
      await farm.expectRight(job);
      await farm.nothingLeft([job]);
    },
  );
});
