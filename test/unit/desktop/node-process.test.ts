import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { NodeDoor } from "../../../src-main/desktop/contract-client.ts";
import { lineSplitter } from "../../../src-main/desktop/line-splitter.ts";
import {
  NodeProcess,
  type NodeCrash,
} from "../../../src-main/desktop/node-process.ts";
import { StandInChild } from "../../fixtures/electron-stand-in.ts";

const door = {
  kind: "started",
  url: "http://127.0.0.1:1/",
  token: "t",
} as const;

function start() {
  const children: StandInChild[] = [];
  const doors: (NodeDoor | null)[] = [];
  const crashes: NodeCrash[] = [];
  const refused: string[] = [];
  const node = new NodeProcess({
    fork: () => {
      children.push(new StandInChild());
      return children.at(-1)!;
    },
    nowMs: () => Date.now(),
    onDoor: (one) => doors.push(one),
    onCrash: (crash) => crashes.push(crash),
    onRefused: ({ code }) => refused.push(code),
  });
  node.start();
  return { node, children, doors, crashes, refused };
}

describe("the node's process", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => vi.useRealTimers());

  it("tells where the node answers, and nothing that is no report", () => {
    const { node, children, doors } = start();
    children[0]!.report({ kind: "started", url: "file:///etc" } as never);
    expect(doors).toEqual([]);
    children[0]!.report(door);
    expect(doors).toMatchObject([{ url: door.url, token: "t" }]);
    expect(node.state).toBe("running");
  });

  it("starts it again when it dies, later each time, with its last words", () => {
    const { children, doors, crashes } = start();
    children[0]!.report(door);
    children[0]!.print("Error: out of luck");
    children[0]!.exit(7);
    expect(doors.at(-1)).toBeNull();
    expect(crashes).toEqual([
      { exit: "code 7", lastLines: ["Error: out of luck"], restartMs: 1_000 },
    ]);
    vi.advanceTimersByTime(999);
    expect(children).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(children).toHaveLength(2);
    children[1]!.exit(7);
    expect(crashes[1]).toMatchObject({ lastLines: [], restartMs: 2_000 });
  });

  it("gives up after five crashes in ten minutes, until a person wants it again", () => {
    const { node, children, crashes } = start();
    for (let at = 0; at < 5; at++) {
      children.at(-1)!.exit(1);
      vi.advanceTimersByTime(60_000);
    }
    expect(children).toHaveLength(5);
    expect(crashes.at(-1)?.restartMs).toBeNull();
    expect(node.state).toBe("given-up");
    node.start();
    expect(children).toHaveLength(6);
  });

  it("forgets crashes of long ago", () => {
    const { children, crashes } = start();
    for (let at = 0; at < 8; at++) {
      children.at(-1)!.report(door);
      vi.advanceTimersByTime(11 * 60_000);
      children.at(-1)!.exit(1);
      vi.advanceTimersByTime(1_000);
    }
    expect(crashes.every(({ restartMs }) => restartMs === 1_000)).toBe(true);
  });

  it("takes a node of another process, and a refusal, for no crash", () => {
    const other = start();
    other.children[0]!.report({ ...door, kind: "elsewhere" });
    other.children[0]!.exit(1);
    expect(other.node.state).toBe("elsewhere");
    expect(other.doors).toHaveLength(1);
    const failure = { code: "ffmpeg-missing", text: "No.", nextStep: "Do." };
    const none = start();
    none.children[0]!.report({ kind: "refused", failure });
    none.children[0]!.exit(1);
    expect(none.refused).toEqual(["ffmpeg-missing"]);
    vi.advanceTimersByTime(120_000);
    expect([...other.crashes, ...none.crashes]).toEqual([]);
    expect(none.children).toHaveLength(1);
  });

  it("closes it in peace, by force when it does not end", async () => {
    const { node, children, crashes } = start();
    await node.close();
    expect(children[0]!.told).toEqual([{ kind: "close" }]);
    const deaf = start();
    deaf.children[0]!.postMessage = () => undefined;
    const closing = deaf.node.close();
    vi.advanceTimersByTime(10_000);
    expect(deaf.children[0]!.killed).toBe(true);
    deaf.children[0]!.exit(1);
    await closing;
    expect([...crashes, ...deaf.crashes]).toEqual([]);
  });
});

it("splits what a process prints into lines, wherever the pieces end", () => {
  const lines: string[] = [];
  const push = lineSplitter((line) => lines.push(line));
  for (const piece of ["on", "e\r\ntw", "o\n\n", "rest"]) push(piece);
  expect(lines).toEqual(["one", "two"]);
});
