/** What the tray shows, as a function of what the node says. */
import type { UiRequest, UiSnapshot } from "../protocol/ui-contract.ts";
import { isUnfinished, isWorking, queueProgress } from "./queue-progress.ts";
import type { ShellTexts } from "./texts.ts";

export const trayStates = ["idle", "working", "paused", "trouble"] as const;
export type TrayState = (typeof trayStates)[number];

/** What a click asks for: of the node, or of the shell. */
export type TrayAction =
  | { readonly kind: "ask"; readonly request: UiRequest }
  | { readonly kind: "open" }
  | { readonly kind: "quit" };

export type TrayItem =
  | { readonly kind: "line" }
  | { readonly kind: "text"; readonly label: string }
  | {
      readonly kind: "action";
      readonly label: string;
      readonly action: TrayAction;
    }
  | {
      readonly kind: "toggle";
      readonly label: string;
      readonly isOn: boolean;
      readonly action: TrayAction;
    }
  | {
      readonly kind: "menu";
      readonly label: string;
      readonly items: readonly TrayItem[];
    };

export interface TrayModel {
  readonly state: TrayState;
  /** One line, for people who rest the pointer on it. */
  readonly tooltip: string;
  readonly items: readonly TrayItem[];
}

export interface TrayFacts {
  /** Null: there is no line to a node. */
  readonly snapshot: UiSnapshot | null;
  /** Jobs that failed since somebody last looked at the window. */
  readonly unseenFailures: number;
  readonly nowMs: number;
  readonly texts: ShellTexts;
}

const hourMs = 3_600_000;
/** A menu as long as a screen helps nobody. */
const maxWorkers = 20;
/** Windows cuts a tooltip after 127 characters. */
const maxTooltipCharacters = 120;

export function trayModel(facts: TrayFacts): TrayModel {
  const { snapshot, texts } = facts;
  const status = statusText(facts);
  const line: TrayItem = { kind: "line" };
  return {
    state: trayState(facts),
    tooltip: `Reelfarm: ${status}`.slice(0, maxTooltipCharacters),
    items: [
      { kind: "text", label: status },
      line,
      { kind: "action", label: texts.open, action: { kind: "open" } },
      ...(snapshot === null ? [] : nodeItems(snapshot, facts)),
      line,
      { kind: "action", label: texts.quit, action: { kind: "quit" } },
    ],
  };
}

function trayState({ snapshot, unseenFailures }: TrayFacts): TrayState {
  if (snapshot === null || unseenFailures > 0) return "trouble";
  const { node, jobs } = snapshot;
  if (node.masterTrouble !== null) return "trouble";
  if (jobs.some(isWorking) || (node.worker?.heldAttempts ?? 0) > 0)
    return node.queuePaused && !jobs.some(isWorking) ? "paused" : "working";
  if (node.queuePaused || node.worker?.state === "suspended") return "paused";
  return "idle";
}

function statusText({ snapshot, unseenFailures, texts }: TrayFacts): string {
  if (snapshot === null) return texts.notRunning;
  const { node, jobs } = snapshot;
  if (unseenFailures > 0) return texts.failedJobs(unseenFailures);
  if (node.masterTrouble !== null) return node.masterTrouble;
  if (node.role === "undecided") return texts.undecided;
  const waiting = jobs.filter(isUnfinished).length;
  if (waiting > 0) {
    const percent = Math.floor(100 * (queueProgress(snapshot) ?? 0));
    const progress = texts.encoding(waiting, percent);
    return node.queuePaused ? `${texts.paused}: ${progress}` : progress;
  }
  if (node.queuePaused) return texts.paused;
  const { worker } = node;
  if (worker?.state === "suspended")
    return texts.suspended[worker.reason ?? ""] ?? texts.paused;
  if (node.role === "worker") {
    if (node.masterState !== "connected") return texts.noMaster;
    return worker !== null && worker.heldAttempts > 0
      ? texts.helping(node.masterName ?? "")
      : texts.ready;
  }
  return texts.ready;
}

function nodeItems(snapshot: UiSnapshot, facts: TrayFacts): TrayItem[] {
  const { node } = snapshot;
  const isMaster = node.role === "master" || node.role === "both";
  return [
    ...(node.worker === null
      ? []
      : [{ kind: "line" } as const, ...ownerItems(snapshot, facts)]),
    ...(isMaster
      ? [{ kind: "line" } as const, ...masterItems(snapshot, facts)]
      : []),
  ];
}

/** The owner's say over this computer as a worker. */
function ownerItems({ node }: UiSnapshot, facts: TrayFacts): TrayItem[] {
  const { texts, nowMs } = facts;
  const { limits } = node.settings;
  const ask = (change: Partial<typeof limits>): TrayAction => ({
    kind: "ask",
    request: {
      type: "change-settings",
      change: { limits: { ...limits, ...change } },
    },
  });
  const isPaused =
    limits.pausedUntilMs !== null && limits.pausedUntilMs > nowMs;
  return [
    {
      kind: "toggle",
      label: texts.helps,
      isOn: limits.isEnabled,
      action: ask({ isEnabled: !limits.isEnabled }),
    },
    isPaused
      ? {
          kind: "action",
          label: texts.resumeHelping,
          action: ask({ pausedUntilMs: null }),
        }
      : {
          kind: "action",
          label: texts.pauseHour,
          action: ask({ pausedUntilMs: nowMs + hourMs }),
        },
  ];
}

function masterItems(
  { node, workers }: UiSnapshot,
  facts: TrayFacts,
): TrayItem[] {
  const { texts } = facts;
  return [
    {
      kind: "action",
      label: node.queuePaused ? texts.resumeQueue : texts.pauseQueue,
      action: {
        kind: "ask",
        request: { type: node.queuePaused ? "resume-queue" : "pause-queue" },
      },
    },
    {
      kind: "menu",
      label: texts.everyone,
      items:
        workers.length === 0
          ? [{ kind: "text", label: texts.nobody }]
          : workers
              .slice(0, maxWorkers)
              .map((worker) => ({ kind: "text", label: doing(worker, texts) })),
    },
  ];
}

/** "attic: film.mkv, part 12 (48 fps)" */
function doing(
  worker: UiSnapshot["workers"][number],
  texts: ShellTexts,
): string {
  const { name, work, state, idleReason, framesPerSecond } = worker;
  if (state === "lost") return `${name}: ${texts.lost}`;
  if (work.length === 0) return `${name}: ${idleReason ?? texts.idle}`;
  const speed =
    framesPerSecond > 0
      ? ` (${texts.framesPerSecond(framesPerSecond.toFixed(framesPerSecond < 10 ? 1 : 0))})`
      : "";
  return `${name}: ${work.join("; ")}${speed}`;
}
