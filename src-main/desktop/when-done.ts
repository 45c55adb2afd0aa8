import type { UiSnapshot } from "../protocol/ui-contract.ts";
import { isUnfinished } from "./queue-progress.ts";

export type DoneAction = "quit" | "sleep" | "shut-down";

/**
 * What is to be done now that the queue has run empty; null: nothing. It ran
 * empty only if the last job ended by itself: somebody who cancels or removes
 * jobs sits in front of the computer.
 */
export function actionWhenDone(
  before: UiSnapshot | null,
  after: UiSnapshot,
): DoneAction | null {
  if (before === null || after.jobs.some(isUnfinished)) return null;
  const wasUnfinished = new Set(
    before.jobs.filter(isUnfinished).map((job) => job.jobId),
  );
  const hasEnded = after.jobs.some(
    ({ jobId, state }) =>
      wasUnfinished.has(jobId) && (state === "done" || state === "failed"),
  );
  const { whenDone } = after.node.settings;
  return hasEnded && whenDone !== "nothing" ? whenDone : null;
}

export interface SystemCommand {
  readonly program: string;
  readonly words: readonly string[];
}

/** What sends a computer to sleep or shuts it down, without administrator rights; null on a system unknown. */
export function systemCommand(
  action: Exclude<DoneAction, "quit">,
  platform: string,
): SystemCommand | null {
  const isSleep = action === "sleep";
  switch (platform) {
    case "darwin":
      return isSleep
        ? { program: "pmset", words: ["sleepnow"] }
        : {
            program: "osascript",
            words: ["-e", 'tell application "System Events" to shut down'],
          };
    case "win32":
      return isSleep
        ? {
            program: "rundll32.exe",
            words: ["powrprof.dll,SetSuspendState", "0,1,0"],
          }
        : { program: "shutdown.exe", words: ["/s", "/t", "0"] };
    case "linux":
      return {
        program: "systemctl",
        words: [isSleep ? "suspend" : "poweroff"],
      };
    default:
      return null;
  }
}
