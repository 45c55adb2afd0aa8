import { expect, test } from "vitest";
import type {
  Job,
  SchedulerState,
} from "../../../../src-main/core/scheduler/state.ts";
import { core } from "../../../simulation/core.ts";
import { runLongJob } from "../../../simulation/long-job.ts";

/** Elements of lists looked at or written, and of sets and maps that a step may go through. */
interface Cost {
  readonly most: number;
  /** Of the step that reports the stage complete; not among the others. */
  readonly completing: number;
  readonly steps: number;
}

/** What the steps of the last thousand segments of a job cost in work, not in time. */
function costOf(segments: number): Cost {
  let touched = 0;
  const counted = <T>(list: T[]): T[] =>
    new Proxy(list, {
      get(target, key): unknown {
        touched++;
        return target[key as keyof T[]];
      },
      set(target, key, value: never): boolean {
        touched++;
        target[key as unknown as number] = value;
        return true;
      },
    });
  /** Everything of a job that could grow with its length. */
  const countJob = (job: Job): Job => ({
    ...job,
    cutPoints: counted(job.cutPoints),
    failures: counted(job.failures),
    stage: {
      ...job.stage,
      fresh: counted(job.stage.fresh),
      segments: counted(job.stage.segments),
      verified: {
        ...job.stage.verified,
        starts: counted(job.stage.verified.starts),
        ends: counted(job.stage.verified.ends),
      },
    },
  });
  let most = 0;
  let completing = 0;
  let steps = 0;
  runLongJob(
    core,
    4,
    { segments, restored: segments - 1000 },
    (step, event, state) => {
      touched = 0;
      const wasOpen = isOpen(state);
      step();
      const completes = wasOpen && !isOpen(state);
      for (const job of state.order) {
        if (event.type === "job-added") {
          // In place, for attempts know their job.
          Object.assign(job, countJob(job));
          continue;
        }
        const { returned, running } = job.stage;
        touched += returned.size + running.size + job.attempts.size;
      }
      touched += state.attempts.size + state.lost.size;
      if (completes) completing = touched;
      else most = Math.max(most, touched);
      steps++;
    },
  );
  return { most, completing, steps };
}

const isOpen = (state: SchedulerState): boolean =>
  state.order.some((job) => job.status.kind === "open");

test("S90: no step but the one that lists all segments costs more the longer a job is", () => {
  const short = costOf(1_000);
  const long = costOf(100_000);
  expect(long.steps).toBeGreaterThan(4_000);
  // A search among cut points halves them: seven more for a hundred times as many.
  expect(long.most).toBeLessThan(short.most + 20);
  // And those within reach of a bound are looked at, to know which begin scenes.
  expect(long.most).toBeLessThan(150);
  expect(long.completing).toBeGreaterThan(100_000);
  // A copy looks at each element and at the length before it.
  expect(long.completing).toBeLessThan(200_000 + 200);
});
