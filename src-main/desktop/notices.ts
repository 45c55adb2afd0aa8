/** What is worth a notification, found by comparing what was with what is. */
import type { UiSnapshot } from "../protocol/ui-contract.ts";
import type { ShellTexts } from "./texts.ts";

export type NoticeKind = "done" | "failed" | "worker-lost" | "asks-to-pair";

export interface ShellNotice {
  readonly kind: NoticeKind;
  readonly title: string;
  readonly body: string;
  /** The part of the window that shows more, as its address's hash. */
  readonly place: string;
}

/** So many at once are told as one line each; the rest is seen in the window. */
const maxAtOnce = 3;

/** Nothing for a first snapshot: what was before the shell looked is no news. */
export function noticesBetween(
  before: UiSnapshot | null,
  after: UiSnapshot,
  texts: ShellTexts,
): ShellNotice[] {
  if (before === null) return [];
  return [
    ...endedJobs(before, after, texts),
    ...lostWorkers(before, after, texts),
    ...pairingVisit(before, after, texts),
  ].slice(0, maxAtOnce);
}

function endedJobs(
  before: UiSnapshot,
  after: UiSnapshot,
  texts: ShellTexts,
): ShellNotice[] {
  const states = new Map(before.jobs.map((job) => [job.jobId, job.state]));
  return after.jobs.flatMap((job): ShellNotice[] => {
    const was = states.get(job.jobId);
    // Unknown before: put back from the past, or read from the disk.
    if (was === undefined || was === job.state) return [];
    if (job.state === "done")
      return [
        {
          kind: "done",
          title: texts.doneTitle,
          body: job.name,
          place: "queue",
        },
      ];
    if (job.state === "failed")
      return [
        {
          kind: "failed",
          title: texts.failedTitle,
          body: job.failure ? `${job.name}: ${job.failure.text}` : job.name,
          place: "queue",
        },
      ];
    return [];
  });
}

function lostWorkers(
  before: UiSnapshot,
  after: UiSnapshot,
  texts: ShellTexts,
): ShellNotice[] {
  const now = new Map(after.workers.map((one) => [one.workerId, one.state]));
  return before.workers
    .filter(({ workerId, state, work }) => {
      const isLost = (now.get(workerId) ?? "lost") === "lost";
      // One that held nothing went away in peace, or will hardly be missed.
      return (
        state !== "lost" && state !== "outdated" && isLost && work.length > 0
      );
    })
    .map(({ name }) => ({
      kind: "worker-lost",
      title: texts.lostTitle,
      body: texts.lostText(name),
      place: "workers",
    }));
}

function pairingVisit(
  before: UiSnapshot,
  after: UiSnapshot,
  texts: ShellTexts,
): ShellNotice[] {
  const asking = (one: UiSnapshot) => {
    const visit = one.node.pairing?.visit;
    return visit?.state === "asking" ? visit : null;
  };
  const visit = asking(after);
  if (visit === null || asking(before)?.request === visit.request) return [];
  return [
    {
      kind: "asks-to-pair",
      title: texts.asksTitle,
      body: texts.asksText(visit.name),
      place: "workers",
    },
  ];
}
