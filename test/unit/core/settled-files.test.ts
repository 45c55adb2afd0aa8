import { expect, test } from "vitest";
import { SettledFiles } from "../../../src-main/core/settled-files.ts";

const file = (sizeBytes: number, modifiedMs = 1) => ({
  path: "/inbox/film.mkv",
  sizeBytes,
  modifiedMs,
});

test("a file has settled once size and time stood still for long enough", () => {
  const files = new SettledFiles(20);
  expect(files.look([file(10)], 0)).toEqual([]);
  expect(files.look([file(10)], 19)).toEqual([]);
  expect(files.look([file(10)], 20)).toEqual([file(10)]);
});

test("growing, being touched, and going away begin anew", () => {
  const files = new SettledFiles(20);
  files.look([file(10)], 0);
  expect(files.look([file(11)], 20)).toEqual([]);
  expect(files.look([file(11, 2)], 39)).toEqual([]);
  expect(files.look([], 50)).toEqual([]);
  expect(files.look([file(11, 2)], 60)).toEqual([]);
  expect(files.look([file(11, 2)], 80)).toHaveLength(1);
});

test("an empty file never has", () => {
  const files = new SettledFiles(20);
  files.look([file(0)], 0);
  expect(files.look([file(0)], 1_000)).toEqual([]);
});
