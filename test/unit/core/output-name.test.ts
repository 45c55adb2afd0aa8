import { describe, expect, test } from "vitest";
import {
  nameTemplateProblem,
  outputName,
  unusedName,
  type OutputNameParts,
} from "../../../src-main/core/output-name.ts";

const parts: OutputNameParts = {
  sourceName: "Der Film.2019.mkv",
  presetName: "Fast 1080p",
  folderName: "Urlaub",
  at: { year: 2026, month: 3, day: 7, hour: 9, minute: 5 },
  ending: "mp4",
};

describe("names of outputs", () => {
  test.each([
    ["{name}", "Der Film.2019.mp4"],
    ["{name}.{ext}", "Der Film.2019.mp4"],
    ["{date} {time} {name}", "2026-03-07 09-05 Der Film.2019.mp4"],
    ["{folder} - {preset}", "Urlaub - Fast 1080p.mp4"],
    ["plain", "plain.mp4"],
    ["..{name}?", "Der Film.2019_.mp4"],
    ["con", "_con.mp4"],
  ])("%s becomes %s", (template, name) => {
    expect(outputName(template, parts)).toBe(name);
  });

  test.each(["{nmae}", "{name", "name}", "a/{name}", "a\\{name}", "  "])(
    "%s is refused",
    (template) => {
      expect(nameTemplateProblem(template)).not.toBeNull();
      expect(() => outputName(template, parts)).toThrow("template");
    },
  );

  test("what is filled in names no folder and is not too long", () => {
    const presetName = "a/../b";
    expect(outputName("{preset}", { ...parts, presetName })).toBe("a_.._b.mp4");
    const sourceName = `${"ü".repeat(300)}.mkv`;
    const name = outputName("{name}", { ...parts, sourceName });
    expect(Buffer.byteLength(name)).toBe(204);
  });

  test("taken names get the first free number", () => {
    const taken = new Set(["a.mp4", "a (2).mp4"]);
    const isTaken = (name: string): boolean => taken.has(name);
    expect(unusedName("b.mp4", isTaken)).toBe("b.mp4");
    expect(unusedName("a.mp4", isTaken)).toBe("a (3).mp4");
    expect(() => unusedName("a.mp4", () => true)).toThrow("exists");
  });
});
