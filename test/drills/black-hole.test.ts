/** A worker whose ffmpeg passes every check and then ends at once must not swallow the job. */
import { afterEach, describe, expect, test } from "vitest";
import { startDrillFarm, type DrillFarm } from "../fixtures/drill-farm.ts";
import {
  drillBinaries,
  drillClip,
  scriptFfmpeg,
} from "../fixtures/drill-media.ts";

const all = process.env["REELFARM_DRILLS"] === "all";

let farm: DrillFarm;
afterEach(() => farm.close());

/** Version, lists and trials are real; an order ends at once. */
async function blackHole(exitCode: number): Promise<string> {
  const { ffmpeg } = await drillBinaries();
  return scriptFfmpeg(
    `black-hole-${String(exitCode)}`,
    [
      `case " $* " in *" -f nut -i pipe:0 "*) exit ${String(exitCode)} ;; esac`,
      `exec '${ffmpeg}' "$@"`,
    ].join("\n"),
  );
}

describe("a black hole", () => {
  for (const exitCode of [0, 1])
    test.runIf(all || exitCode === 0)(
      `ffmpeg that exits at once with ${String(exitCode)} is set aside, the job is right`,
      async () => {
        farm = await startDrillFarm({
          workers: [{ ffmpeg: await blackHole(exitCode) }, {}],
        });
        // Long enough for three failures, with the rests between them.
        const source = await drillClip({ durationS: 24 });
        const job = await farm.addJob({ source, segmentS: 1.5 });
        await farm.expectRight(job);
        const { log } = await farm.detail(job);
        const failures = log.filter(({ text }) =>
          text.includes("on worker-1 failed"),
        );
        expect(failures.length).toBeGreaterThan(0);
        // Set aside for video and for sound after three failures each.
        expect(failures.length).toBeLessThanOrEqual(6);
        expect(farm.master.lines.join("\n")).toContain("is set aside");
        await farm.nothingLeft([job]);
      },
    );

  test("nothing but black holes: the job fails soon, and says why", async () => {
    farm = await startDrillFarm({
      workers: [{ ffmpeg: await blackHole(0) }, { ffmpeg: await blackHole(1) }],
    });
    const job = await farm.addJob({
      source: await drillClip({ durationS: 12 }),
      segmentS: 3,
    });
    const end = await farm.finished(job);
    expect(end.state).toBe("failed");
    expect(end.failure?.code).toBe("failed-everywhere");
    expect(end.failure?.text).toContain("worker-1");
    expect(end.failure?.text).toContain("worker-2");
    await farm.remove(job);
    await farm.nothingLeft([]);
  });
});
