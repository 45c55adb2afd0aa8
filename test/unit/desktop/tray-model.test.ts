import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { queueProgress } from "../../../src-main/desktop/queue-progress.ts";
import { noticesBetween } from "../../../src-main/desktop/notices.ts";
import { shellTexts } from "../../../src-main/desktop/texts.ts";
import {
  trayModel,
  trayStates,
  type TrayItem,
} from "../../../src-main/desktop/tray-model.ts";
import { trayImage } from "../../../src-main/desktop/tray-view.ts";
import { actionWhenDone } from "../../../src-main/desktop/when-done.ts";
import type {
  UiNode,
  UiSnapshot,
  UiWorker,
} from "../../../src-main/protocol/ui-contract.ts";
import { fakeUiJob, fakeUiNode } from "../../fixtures/fake-ui-host.ts";

const texts = shellTexts(["en"]);
const ownWorker = {
  state: "ready",
  reason: null,
  knowsIdle: true,
  heldAttempts: 0,
} as const;

function farm(
  changes: Partial<UiSnapshot> = {},
  node: Partial<UiNode> = {},
): UiSnapshot {
  return {
    revision: 1,
    node: { ...fakeUiNode, ...node },
    jobs: [],
    workers: [],
    ...changes,
  };
}

function worker(name: string, changes: Partial<UiWorker> = {}): UiWorker {
  return {
    workerId: name,
    name,
    state: "connected",
    framesPerSecond: 0,
    work: [],
    idleReason: null,
    ...changes,
  } as UiWorker;
}

const model = (snapshot: UiSnapshot | null, unseenFailures = 0) =>
  trayModel({ snapshot, unseenFailures, nowMs: 5_000, texts });
const labels = (items: readonly TrayItem[]): string[] =>
  items.flatMap((item) => (item.kind === "line" ? [] : [item.label]));

describe("the tray", () => {
  it.each([
    ["trouble", null, 0],
    ["trouble", farm(), 1],
    ["trouble", farm({}, { masterTrouble: "attic does not answer" }), 0],
    ["idle", farm(), 0],
    ["working", farm({ jobs: [fakeUiJob("a")] }), 0],
    [
      "working",
      farm({}, { role: "worker", worker: { ...ownWorker, heldAttempts: 1 } }),
      0,
    ],
    ["paused", farm({}, { queuePaused: true }), 0],
    [
      "paused",
      farm(
        {},
        {
          role: "both",
          worker: { ...ownWorker, state: "suspended", reason: "in-use" },
        },
      ),
      0,
    ],
  ] as const)("is %s (case %#)", (state, snapshot, failures) => {
    expect(model(snapshot, failures).state).toBe(state);
  });

  it("says what is done, in one line", () => {
    const jobs = [
      fakeUiJob("a"),
      fakeUiJob("b", { state: "waiting", progressRatio: 0 }),
    ];
    expect(model(farm({ jobs })).tooltip).toBe("Reelfarm: 2 jobs, 25 % done");
  });

  it("tells what everyone is doing, and why somebody is idle", () => {
    const workers = [
      worker("attic", { work: ["film.mkv, part 12"], framesPerSecond: 47.9 }),
      worker("den", { idleReason: "on battery" }),
      worker("barn", { state: "lost" }),
    ];
    const menu = model(farm({ workers })).items.find(
      (item) => item.kind === "menu",
    );
    expect(menu?.kind === "menu" && labels(menu.items)).toEqual([
      "attic: film.mkv, part 12 (48 fps)",
      "den: on battery",
      "barn: not connected",
    ]);
  });

  it("switches helping and pauses it for an hour, leaving the other limits", () => {
    const { limits } = fakeUiNode.settings;
    const items = model(farm({}, { role: "both", worker: ownWorker })).items;
    const action = (label: string) =>
      items.find((item) => item.kind !== "line" && item.label === label);
    expect(action(texts.helps)).toMatchObject({
      isOn: true,
      action: {
        request: {
          type: "change-settings",
          change: { limits: { ...limits, isEnabled: false } },
        },
      },
    });
    expect(action(texts.pauseHour)).toMatchObject({
      action: {
        request: {
          change: { limits: { ...limits, pausedUntilMs: 3_605_000 } },
        },
      },
    });
  });

  it("offers a worker no queue, and a node that is gone only to quit", () => {
    const own = model(farm({}, { role: "worker", worker: ownWorker }));
    expect(labels(own.items)).not.toContain(texts.pauseQueue);
    expect(labels(model(null).items)).toEqual([
      texts.notRunning,
      texts.open,
      texts.quit,
    ]);
  });

  it("has a picture of each state for every panel", () => {
    for (const state of trayStates)
      for (const platform of ["darwin", "win32", "linux"])
        for (const isDark of [true, false]) {
          const name = trayImage(state, platform, isDark);
          const file = new URL(
            `../../../resources/icons/${name}`,
            import.meta.url,
          );
          expect(existsSync(fileURLToPath(file)), name).toBe(true);
        }
  });
});

describe("progress of the queue", () => {
  it("does not fall back because a job ended", () => {
    const a = fakeUiJob("a", {
      progressRatio: 0.99,
      durationS: 100,
      createdAtMs: 5,
    });
    const b = fakeUiJob("b", {
      state: "waiting",
      progressRatio: 0,
      durationS: 300,
      createdAtMs: 4,
    });
    const before = queueProgress(farm({ jobs: [a, b] }))!;
    const after = queueProgress(
      farm({ jobs: [{ ...a, state: "done", endedAtMs: 10 }, b] }),
    )!;
    expect(before).toBeCloseTo(0.2475);
    expect(after).toBeCloseTo(0.25);
  });
  it("is none with nothing to wait for", () => {
    expect(
      queueProgress(
        farm({ jobs: [fakeUiJob("a", { state: "done", endedAtMs: 9 })] }),
      ),
    ).toBeNull();
  });
});

describe("notifications", () => {
  const failure = { code: "x", text: "It broke.", nextStep: "Look." };
  it("tells of jobs that ended, workers lost at work, and who asks to be let in", () => {
    const before = farm({
      jobs: [fakeUiJob("a"), fakeUiJob("b")],
      workers: [worker("attic", { work: ["a"] }), worker("den")],
    });
    const after = farm({
      jobs: [
        fakeUiJob("a", { state: "done" }),
        fakeUiJob("b", { state: "failed", failure }),
      ],
      workers: [worker("attic", { state: "lost" })],
    });
    expect(
      noticesBetween(before, after, texts).map(({ body }) => body),
    ).toEqual(["a.mkv", "b.mkv: It broke.", texts.lostText("attic")]);
    expect(noticesBetween(null, after, texts)).toEqual([]);
    expect(noticesBetween(after, after, texts)).toEqual([]);
  });
  it("tells once of each who asks", () => {
    const visit = { request: 4, state: "asking", name: "barn" };
    const asking = farm(
      {},
      { pairing: { offers: [], visit, outcome: null } as never },
    );
    expect(noticesBetween(farm(), asking, texts)).toMatchObject([
      { kind: "asks-to-pair", body: texts.asksText("barn") },
    ]);
    expect(noticesBetween(asking, asking, texts)).toEqual([]);
  });
});

describe("what happens when everything is done", () => {
  const settings = { ...fakeUiNode.settings, whenDone: "sleep" } as const;
  const at = (state: "encoding" | "done" | "cancelled") =>
    farm({ jobs: [fakeUiJob("a", { state })] }, { settings });
  it("acts when the last job ended by itself", () => {
    expect(actionWhenDone(at("encoding"), at("done"))).toBe("sleep");
  });
  it("does nothing when somebody cancelled it, nor twice, nor at the start", () => {
    expect(actionWhenDone(at("encoding"), at("cancelled"))).toBeNull();
    expect(actionWhenDone(at("done"), at("done"))).toBeNull();
    expect(actionWhenDone(null, at("done"))).toBeNull();
  });
});
