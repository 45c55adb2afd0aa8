import { describe, expect, test } from "vitest";
import {
  allOf,
  clicked,
  kept,
  moved,
  nothingSelected,
  toggled,
  type Selection,
} from "../../../../src-renderer/features/queue/selection.ts";

const order = ["a", "b", "c", "d", "e"];
const plain = { shift: false, ctrl: false };
const shift = { shift: true, ctrl: false };
const ctrl = { shift: false, ctrl: true };
const told = ({ ids, anchorId, activeId }: Selection) => ({
  ids: [...ids].sort().join(""),
  anchorId,
  activeId,
});
const click = (selection: Selection, id: string, keys = plain) =>
  clicked(selection, order, id, keys);

describe("choosing rows", () => {
  test("a click takes that row alone", () => {
    const two = click(click(nothingSelected, "a"), "d", ctrl);
    expect(told(click(two, "c"))).toEqual({
      ids: "c",
      anchorId: "c",
      activeId: "c",
    });
  });

  test("ctrl turns one over and leaves the others", () => {
    const two = click(click(nothingSelected, "a"), "d", ctrl);
    expect(told(two).ids).toBe("ad");
    expect(told(click(two, "a", ctrl)).ids).toBe("d");
  });

  test("shift takes all from where it began, both ways, and begins there again", () => {
    const from = click(nothingSelected, "c");
    const down = click(from, "e", shift);
    expect(told(down)).toEqual({ ids: "cde", anchorId: "c", activeId: "e" });
    expect(told(click(down, "a", shift)).ids).toBe("abc");
  });

  test("shift and ctrl add a range to what is chosen", () => {
    const one = click(click(nothingSelected, "a"), "d", ctrl);
    expect(told(click(one, "e", { shift: true, ctrl: true })).ids).toBe("ade");
  });

  test("arrows go on from the keyboard's row and stop at the ends", () => {
    const at = click(nothingSelected, "d");
    const down = moved(at, order, { by: 1 }, plain);
    expect(told(down).ids).toBe("e");
    expect(moved(down, order, { by: 1 }, plain).activeId).toBe("e");
    expect(moved(down, order, { by: -99 }, plain).activeId).toBe("a");
    expect(moved(nothingSelected, order, { by: 1 }, plain).activeId).toBe("a");
    expect(moved(nothingSelected, order, { to: "last" }, plain).activeId).toBe(
      "e",
    );
  });

  test("with shift an arrow widens, with ctrl it only goes there", () => {
    const at = click(nothingSelected, "b");
    expect(told(moved(at, order, { by: 2 }, shift)).ids).toBe("bcd");
    const away = moved(at, order, { by: 2 }, ctrl);
    expect(told(away)).toEqual({ ids: "b", anchorId: "b", activeId: "d" });
    expect(told(toggled(away, "d")).ids).toBe("bd");
  });

  test("an empty list has nothing to choose", () => {
    expect(moved(nothingSelected, [], { by: 1 }, plain)).toBe(nothingSelected);
    expect(told(allOf(nothingSelected, order)).ids).toBe("abcde");
  });
});

describe("when the list changes", () => {
  test("what left it is not chosen any more", () => {
    const two = click(click(nothingSelected, "a"), "d", ctrl);
    expect(told(kept(two, order, ["a", "b", "e"]))).toEqual({
      ids: "a",
      anchorId: null,
      activeId: "e",
    });
  });

  test("the keyboard stays at the place, at the end on the last row", () => {
    const last = click(nothingSelected, "e");
    expect(kept(last, order, ["a", "b"]).activeId).toBe("b");
    expect(kept(last, order, []).activeId).toBeNull();
  });

  test("nothing new is made when nothing is lost", () => {
    const one = click(nothingSelected, "c");
    expect(kept(one, order, ["c", "a"])).toBe(one);
  });
});
