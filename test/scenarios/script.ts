/**
 * Runs a scenario: a text with one event a line, after it what the scheduler
 * answered. Lines that begin with `->` or `|` are answers and are made anew;
 * `#` begins a comment. A change of behaviour is a readable difference.
 *
 *   TIME join W [slots=1] [can=KEY,…] [running=A,…]     TIME left W
 *   TIME job J frames=N [fps=25] [known=N] [audio=N] [needs=KEY] [cuts=EVERY] [whole] [fixed=S] [priority=N] [restored=A-B,…]
 *   TIME timeline J known=N [complete]                   TIME stage J stage=N | make-whole J
 *   TIME pause|resume|cancel|retry|end J                 TIME pause-queue | resume-queue
 *   TIME move J before=J|last                            TIME priority J N
 *   TIME choose J W,…|any                                TIME forgive W
 *   TIME share [small=RATIO] [no-stealing] [no-duplicates]
 *   TIME ready|draining|suspended W                      TIME heard W …
 *   TIME inherit A job=J task=T on=W [range=A-B] [last] [stage=N]
 *   TIME started|verified A    progress A done=N fed=N   shortened A end=N    failed A CODE
 *   TIME tick                                            TIME until T heard=W,…   (ticks as asked, signs of life every 5 s)
 *   TIME show J | why W|J | wake
 */
import type { ErrorCode } from "../../src-main/core/errors.ts";
import type { AttemptId, TaskId } from "../../src-main/core/identifiers.ts";
import type { SchedulerEffect } from "../../src-main/core/scheduler/effects.ts";
import type {
  Availability,
  InheritedAttempt,
  JobSpec,
  SchedulerEvent,
  StageSpec,
} from "../../src-main/core/scheduler/events.ts";
import {
  describeExplanation,
  explainJob,
  explainWorker,
} from "../../src-main/core/scheduler/explain.ts";
import { checkInvariants } from "../../src-main/core/scheduler/invariants.ts";
import { jobProgress } from "../../src-main/core/scheduler/progress.ts";
import {
  createScheduler,
  type SchedulerState,
} from "../../src-main/core/scheduler/state.ts";
import { nextWakeMs, step } from "../../src-main/core/scheduler/step.ts";
import { deviceId, jobIdOf } from "../simulation/names.ts";

/** The scenario's text with the answers the scheduler gives now. */
export function replay(text: string): string {
  const state = createScheduler();
  const out: string[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("->") || line.startsWith("|")) continue;
    out.push(line);
    if (line.trim() === "" || line.startsWith("#")) continue;
    out.push(...answer(state, line));
    for (const broken of checkInvariants(state)) out.push(`| BROKEN ${broken}`);
  }
  return out.join("\n");
}

interface Command {
  readonly atMs: number;
  readonly verb: string;
  readonly subject: string;
  readonly rest: readonly string[];
  readonly options: ReadonlyMap<string, string>;
}

function parse(line: string): Command {
  const [time = "", verb = "", ...words] = line.trim().split(/\s+/);
  const options = new Map<string, string>();
  for (const word of words) {
    const at = word.indexOf("=");
    if (at > 0) options.set(word.slice(0, at), word.slice(at + 1));
    else options.set(word, "");
  }
  return {
    atMs: Number(time),
    verb,
    subject: words[0] ?? "",
    rest: words.slice(1),
    options,
  };
}

function answer(state: SchedulerState, line: string): string[] {
  const command = parse(line);
  const { atMs, verb, subject } = command;
  switch (verb) {
    case "until":
      return runUntil(
        state,
        atMs,
        Number(subject),
        list(command.options.get("heard")),
      );
    case "heard":
      return [subject, ...command.rest].flatMap((name) =>
        tell(state, { type: "worker-heard", workerId: deviceId(name) }, atMs),
      );
    case "show":
      return show(state, subject, atMs);
    case "why":
      return why(state, subject, atMs);
    case "wake":
      return [`| ${nextWakeMs(state, atMs) ?? "never"}`];
    default:
      return tell(state, eventOf(command), atMs);
  }
}

function tell(
  state: SchedulerState,
  event: SchedulerEvent,
  atMs: number,
): string[] {
  return step(state, event, atMs).effects.map(
    (effect) => `-> ${describe(effect)}`,
  );
}

function runUntil(
  state: SchedulerState,
  fromMs: number,
  toMs: number,
  heard: readonly string[],
): string[] {
  const out: string[] = [];
  let beatMs = fromMs;
  for (let nowMs = fromMs; nowMs <= toMs;) {
    if (nowMs >= beatMs) {
      for (const name of heard)
        out.push(
          ...tell(
            state,
            { type: "worker-heard", workerId: deviceId(name) },
            nowMs,
          ),
        );
      beatMs += 5000;
    }
    out.push(
      ...tell(state, { type: "ticked" }, nowMs).map((text) =>
        text.replace("->", `-> [${nowMs}]`),
      ),
    );
    nowMs = Math.max(
      nowMs + 1,
      Math.min(nextWakeMs(state, nowMs) ?? Infinity, beatMs),
    );
  }
  return out;
}

const words = {
  job: (id: string): string => id,
  time: (atMs: number): string => `${String(atMs)} ms`,
};

const list = (text: string | undefined): string[] =>
  text === undefined || text === "" ? [] : text.split(",");

function eventOf(command: Command): SchedulerEvent {
  const { verb, subject, options, rest } = command;
  const jobId = jobIdOf(subject);
  const workerId = deviceId(subject);
  const attemptId = subject as AttemptId;
  const number = (name: string): number => Number(options.get(name) ?? 0);
  switch (verb) {
    case "join":
      return {
        type: "worker-joined",
        worker: {
          workerId,
          capabilities: list(options.get("can") ?? "encoder:a,audio:x"),
          slots: Number(options.get("slots") ?? 1),
          isLocal: false,
          running: list(options.get("running")) as AttemptId[],
        },
      };
    case "left":
      return { type: "worker-left", workerId };
    case "job":
      return { type: "job-added", job: jobOf(command) };
    case "timeline":
      return {
        type: "timeline-extended",
        jobId,
        knownFrames: number("known"),
        newCutPoints: [],
        complete: options.has("complete"),
        framesPerSecond: Number(options.get("fps") ?? 25),
      };
    case "stage":
      return {
        type: "stage-begun",
        jobId,
        stage: stageOf(number("stage"), number("frames"), [], 0, subject),
      };
    case "make-whole":
      return {
        type: "job-made-whole",
        jobId,
        stage: stageOf(0, number("frames"), [], 0, subject),
      };
    case "move":
      return {
        type: "job-moved",
        jobId,
        beforeJobId:
          options.get("before") === "last"
            ? null
            : jobIdOf(options.get("before")!),
      };
    case "priority":
      return { type: "job-prioritised", jobId, priority: Number(rest[0]) };
    case "choose":
      return {
        type: "job-workers-chosen",
        jobId,
        allowedWorkers: rest[0] === "any" ? null : list(rest[0]).map(deviceId),
      };
    case "share":
      return {
        type: "queue-configured",
        settings: {
          smallJobShare: number("small"),
          stealing: !options.has("no-stealing"),
          duplicates: !options.has("no-duplicates"),
        },
      };
    case "forgive":
      return { type: "worker-forgiven", workerId };
    case "ready":
    case "draining":
    case "suspended":
      return {
        type: "worker-availability-changed",
        workerId,
        availability: availability(verb),
      };
    case "progress":
      return {
        type: "attempt-progressed",
        attemptId,
        framesDone: number("done"),
        framesFed: number("fed"),
      };
    case "shortened":
      return { type: "attempt-shortened", attemptId, endFrame: number("end") };
    case "failed":
      return { type: "attempt-failed", attemptId, code: rest[0] as ErrorCode };
    case "verified":
      return { type: "attempt-verified", attemptId, sizeBytes: 1 };
    case "started":
      return { type: "attempt-started", attemptId };
    case "inherit":
      return { type: "attempt-inherited", attempt: inheritedOf(command) };
    default:
      return plainEvent(verb, subject);
  }
}

function inheritedOf({ subject, options }: Command): InheritedAttempt {
  const range = options.get("range")?.split("-").map(Number);
  return {
    attemptId: subject as AttemptId,
    jobId: jobIdOf(options.get("job") ?? ""),
    stage: Number(options.get("stage") ?? 0),
    taskId: (options.get("task") ?? "") as TaskId,
    workerId: deviceId(options.get("on") ?? ""),
    range:
      range === undefined
        ? null
        : { startFrame: range[0] ?? 0, endFrame: range[1] ?? 0 },
    isLast: options.has("last"),
  };
}

const availability = (
  kind: "ready" | "draining" | "suspended",
): Availability =>
  kind === "suspended" ? { kind, reason: "owner" } : { kind };

function plainEvent(verb: string, subject: string): SchedulerEvent {
  const jobId = jobIdOf(subject);
  const events: Record<string, SchedulerEvent> = {
    pause: { type: "job-paused", jobId },
    resume: { type: "job-resumed", jobId },
    cancel: { type: "job-cancelled", jobId },
    retry: { type: "job-retried", jobId },
    end: { type: "job-ended", jobId },
    "pause-queue": { type: "queue-paused" },
    "resume-queue": { type: "queue-resumed" },
    tick: { type: "ticked" },
  };
  const event = events[verb];
  if (event === undefined) throw new Error(`unknown command ${verb}`);
  return event;
}

function jobOf({ subject, options }: Command): JobSpec {
  const number = (name: string, otherwise: number): number =>
    Number(options.get(name) ?? otherwise);
  const frames = number("frames", 0);
  const known = number("known", frames);
  const every = number("cuts", 0);
  const restored = list(options.get("restored")).map((text, index) => {
    const [startFrame = 0, endFrame = 0] = text.split("-").map(Number);
    return { startFrame, endFrame, taskId: `r${index}` as TaskId };
  });
  return {
    jobId: jobIdOf(subject),
    priority: number("priority", 0),
    needs: list(options.get("needs") ?? "encoder:a"),
    framesPerSecond: number("fps", 25),
    splittable: !options.has("whole"),
    fixedSegmentS: options.has("fixed") ? number("fixed", 0) : null,
    allowedWorkers: null,
    knownFrames: known,
    timelineComplete: !options.has("known"),
    cutPoints:
      every === 0
        ? []
        : Array.from(
            { length: Math.ceil(known / every) },
            (_, index) => index * every,
          ),
    firstStage: stageOf(0, known, restored, number("audio", 0), subject),
    paused: options.has("paused"),
  };
}

function stageOf(
  stage: number,
  frames: number,
  restored: StageSpec["restored"],
  audio: number,
  name: string,
): StageSpec {
  return {
    stage,
    ranges: frames === 0 ? [] : [{ startFrame: 0, endFrame: frames }],
    restored,
    restoredWholeTasks: [],
    wholeTasks:
      audio === 0
        ? []
        : [
            {
              taskId: `${name}-audio` as TaskId,
              kind: "audio",
              costFrames: audio,
              needs: ["audio:x"],
            },
          ],
  };
}

function describe(effect: SchedulerEffect): string {
  switch (effect.type) {
    case "assign": {
      const { attemptId, taskId, workerId, jobId, stage, isDuplicate } =
        effect.assignment;
      const what =
        effect.assignment.kind === "audio"
          ? "audio"
          : `${effect.assignment.range.startFrame}-${effect.assignment.range.endFrame}${effect.assignment.isLast ? " last" : ""}`;
      return `assign ${attemptId} to ${workerId}: ${jobId}/${stage} ${taskId} ${what}${isDuplicate ? " duplicate" : ""}`;
    }
    case "shorten":
      return `shorten ${effect.attemptId} to ${effect.endFrame}`;
    case "cancel":
      return `cancel ${effect.attemptId} on ${effect.workerId}: ${effect.reason}`;
    case "complete-stage":
      return `complete-stage ${effect.jobId}/${effect.stage}: ${effect.segments.map((s) => `${s.startFrame}-${s.endFrame} ${s.attemptId ?? "restored"}`).join(", ")}${effect.wholeTasks.map((task) => `, ${task.taskId} ${task.attemptId ?? "restored"}`).join("")}`;
    case "fail-job":
    case "make-whole":
      return `${effect.type} ${effect.jobId}: ${effect.code} (${effect.failures.map((f) => `${f.taskId} ${f.workerId} ${f.code}`).join(", ")})`;
    case "block-worker":
      return `block-worker ${effect.workerId} for ${effect.capability} until ${effect.untilMs}: ${effect.code}`;
    case "disconnect-worker":
      return `disconnect-worker ${effect.workerId}`;
  }
}

function show(state: SchedulerState, name: string, atMs: number): string[] {
  const progress = jobProgress(state, jobIdOf(name), atMs);
  if (progress === null) return [`| ${name} is unknown`];
  const eta =
    progress.etaMs === null
      ? "unknown"
      : `${(progress.etaMs / 1000).toFixed(1)} s`;
  return [
    `| ${progress.framesDone} of ${progress.framesTotal}, ${progress.framesPerSecond.toFixed(0)} fps, left ${eta}`,
    ...progress.segments.map((s) =>
      `|   ${s.kind === "audio" ? "audio" : `${s.startFrame}-${s.endFrame}`} ${s.taskId} ${s.state}${s.isPrefetched ? " prefetched" : ""}${s.stolen ? " stolen" : ""} ${s.workerIds.join(",")}`.trimEnd(),
    ),
  ];
}

function why(state: SchedulerState, name: string, atMs: number): string[] {
  const reason = name.startsWith("w")
    ? explainWorker(state, deviceId(name), atMs)
    : explainJob(state, jobIdOf(name), atMs);
  return [
    `| ${reason === null ? "at work" : `${reason.key}: ${describeExplanation(reason, words)}`}`,
  ];
}
