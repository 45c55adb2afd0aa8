import { describe, expect, test } from "vitest";
import {
  autoScrollAt,
  rowAt,
} from "../../../../src-renderer/features/queue/drag-place.ts";
import { keyMeaning } from "../../../../src-renderer/features/queue/list-keys.ts";
import {
  movesBefore,
  movesBy,
  type Move,
} from "../../../../src-renderer/features/queue/row-order.ts";

const order = ["a", "b", "c", "d", "e"];

/** What the node does with the requests, one after the other. */
function carriedOut(moves: readonly Move[]): string {
  let list: string[] = [...order];
  for (const { jobId, beforeJobId } of moves) {
    list = list.filter((id) => id !== jobId);
    const at = beforeJobId === null ? list.length : list.indexOf(beforeJobId);
    list.splice(at, 0, jobId);
  }
  return list.join("");
}
const before = (chosen: string, beforeId: string | null) =>
  movesBefore(order, new Set(chosen), beforeId);
const by = (chosen: string, way: "up" | "down" | "top" | "bottom") =>
  carriedOut(movesBy(order, new Set(chosen), way));

describe("moving rows", () => {
  test("one or several keep their own order", () => {
    expect(carriedOut(before("d", "b"))).toBe("adbce");
    expect(carriedOut(before("ea", "c"))).toBe("baecd");
    expect(carriedOut(before("bd", null))).toBe("acebd");
  });

  test("dropped among themselves they come together there", () => {
    expect(carriedOut(before("bd", "d"))).toBe("acbde");
  });

  test("nothing is asked for when they stand there", () => {
    expect(before("b", "b")).toEqual([]);
    expect(before("b", "c")).toEqual([]);
    expect(before("de", null)).toEqual([]);
  });

  test("by keyboard", () => {
    expect(by("c", "up")).toBe("acbde");
    expect(by("c", "down")).toBe("abdce");
    expect(by("d", "down")).toBe("abced");
    expect(by("ce", "top")).toBe("ceabd");
    expect(by("ac", "bottom")).toBe("bdeac");
    expect(movesBy(order, new Set("a"), "up")).toEqual([]);
    expect(movesBy(order, new Set("e"), "down")).toEqual([]);
    expect(movesBy(order, new Set(), "top")).toEqual([]);
  });

  test("a pointer is before the row whose upper half it is in", () => {
    expect(rowAt(20, 50, 5)).toBe(0);
    expect(rowAt(30, 50, 5)).toBe(1);
    expect(rowAt(9_000, 50, 5)).toBe(5);
    expect(rowAt(-9, 50, 5)).toBe(0);
    expect(autoScrollAt(5, 400)).toBeLessThan(0);
    expect(autoScrollAt(200, 400)).toBe(0);
    expect(autoScrollAt(395, 400)).toBeGreaterThan(0);
  });
});

describe("keys of the list", () => {
  const press = (
    key: string,
    held: Partial<
      Record<"shiftKey" | "ctrlKey" | "metaKey" | "altKey", boolean>
    > = {},
  ) =>
    keyMeaning(
      {
        key,
        shiftKey: false,
        ctrlKey: false,
        metaKey: false,
        altKey: false,
        ...held,
      },
      7,
    );

  test("arrows step, with alt they move", () => {
    expect(press("ArrowDown", { shiftKey: true })).toEqual({
      kind: "step",
      step: { by: 1 },
      modifiers: { shift: true, ctrl: false },
    });
    expect(press("PageUp")).toMatchObject({ step: { by: -7 } });
    expect(press("ArrowUp", { altKey: true })).toEqual({
      kind: "move",
      way: "up",
    });
  });

  test("letters are left to the browser, but for all", () => {
    expect(press("a")).toBeNull();
    expect(press("a", { metaKey: true })).toEqual({ kind: "all" });
    expect(press("F10")).toBeNull();
    expect(press("F10", { shiftKey: true })).toEqual({ kind: "menu" });
    expect(press("Delete")).toEqual({ kind: "remove" });
    expect(press("x", { altKey: true })).toBeNull();
  });
});
