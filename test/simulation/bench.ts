import { core } from "./core.ts";
import { runLongJob } from "./long-job.ts";

/** Prints what a step costs at 64 workers and 100,000 segments (S90). */
export function bench(): number {
  let steps = 0;
  let longestMs = 0;
  let beganMs = performance.now();
  runLongJob(core, 64, { segments: 100_000, restored: 0 }, (step, event) => {
    if (event.type === "job-added") {
      step();
      beganMs = performance.now();
      return;
    }
    const startMs = performance.now();
    step();
    longestMs = Math.max(longestMs, performance.now() - startMs);
    steps++;
  });
  const meanUs = ((performance.now() - beganMs) * 1000) / steps;
  console.log(
    `${steps} steps, ${meanUs.toFixed(1)} us a step, ${(meanUs * 4).toFixed(1)} us a segment, longest ${longestMs.toFixed(1)} ms (the last one reports 100,000 segments)`,
  );
  return 0;
}
