import { describe, expect, it } from "vitest";
import type {
  UiRequest,
  UiServerFrame,
  UiSnapshot,
} from "../../../src-main/protocol/ui-contract.ts";
import { UiLine } from "../../../src-main/protocol/ui-line.ts";

const snapshotOf = (revision: number): UiSnapshot =>
  ({ revision, jobs: [], workers: [] }) as unknown as UiSnapshot;

function startLine(answerTimeoutMs = 60_000) {
  const seen: number[] = [];
  const sent: { id: number; request: UiRequest }[] = [];
  const line = new UiLine({
    answerTimeoutMs,
    onSnapshot: ({ revision }) => seen.push(revision),
    refused: (failure) => new Error(`refused: ${failure.text}`),
    lost: () => new Error("lost"),
  });
  const open = (): void =>
    line.open((text) => {
      sent.push(JSON.parse(text) as (typeof sent)[number]);
    });
  const hear = (frame: UiServerFrame): void =>
    line.receive(JSON.stringify(frame));
  /** Answers the latest request for a snapshot. */
  const answer = async (revision: number, id = sent.at(-1)?.id ?? 0) => {
    hear({ kind: "answer", id, answer: snapshotOf(revision) });
    await Promise.resolve();
  };
  return { line, seen, sent, open, hear, answer };
}

describe("a face's line to its node", () => {
  it("asks for a snapshot as soon as it stands, and shows it", async () => {
    const { open, sent, answer, seen } = startLine();
    open();
    expect(sent.map(({ request }) => request.type)).toEqual(["snapshot"]);
    await answer(7);
    expect(seen).toEqual([7]);
  });

  it("asks for a new snapshot where a revision is missing, once", async () => {
    const { open, sent, answer, hear } = startLine();
    open();
    await answer(7);
    const gap = { revision: 9 };
    hear({ kind: "change", change: gap });
    hear({ kind: "change", change: gap });
    expect(sent.map(({ request }) => request.type)).toEqual([
      "snapshot",
      "snapshot",
    ]);
  });

  it("gives each answer and refusal to the request it is of", async () => {
    const { line, open, hear, sent } = startLine();
    open();
    const first = line.ask({ type: "pause-queue" });
    const second = line.ask({ type: "resume-queue" });
    const [, firstId, secondId] = sent.map(({ id }) => id);
    const failure = { code: "no", text: "No.", nextStep: "" };
    hear({ kind: "refusal", id: secondId ?? 0, failure });
    hear({ kind: "answer", id: firstId ?? 0, answer: null });
    await expect(first).resolves.toBeNull();
    await expect(second).rejects.toThrow("refused: No.");
  });

  it("gives up what is asked when it breaks, and takes nothing of the line before", async () => {
    const { line, open, sent, answer, seen } = startLine();
    open();
    const asked = line.ask({ type: "pause-queue" });
    const oldId = sent[0]?.id ?? 0;
    line.broke();
    await expect(asked).rejects.toThrow("lost");
    await expect(line.ask({ type: "snapshot" })).rejects.toThrow("lost");
    open();
    await answer(3, oldId);
    expect(seen).toEqual([]);
    await answer(4);
    expect(seen).toEqual([4]);
  });

  it("gives up an answer that does not come", async () => {
    const { line, open } = startLine(5);
    open();
    await expect(line.ask({ type: "pause-queue" })).rejects.toThrow("lost");
  });
});
