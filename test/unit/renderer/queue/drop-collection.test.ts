import { describe, expect, test } from "vitest";
import {
  collectDropped,
  type DroppedEntry,
} from "../../../../src-renderer/features/queue/drop-collection.ts";

interface Content {
  readonly size: number;
}
const never = () => Promise.reject(new Error("not asked for"));
const file = (name: string, size = 1): DroppedEntry<Content> => ({
  name,
  isFolder: false,
  content: () => Promise.resolve({ size }),
  children: never,
});
const folder = (
  name: string,
  ...inside: DroppedEntry<Content>[]
): DroppedEntry<Content> => ({
  name,
  isFolder: true,
  content: never,
  children: () => Promise.resolve(inside),
});
const collected = async (...entries: DroppedEntry<Content>[]) => {
  const { files, skipped } = await collectDropped(entries);
  return {
    files: files.map(({ path }) => path),
    skipped: skipped.map(({ path, reason }) => `${path}: ${reason}`),
  };
};

describe("what was dropped", () => {
  test("a file of its own is taken whatever it is called", async () => {
    expect(await collected(file("film"), file(".dvd.iso"))).toEqual({
      files: ["film", ".dvd.iso"],
      skipped: [],
    });
  });

  test("folders bring what is below, as people count, and say what is left out", async () => {
    const season = folder(
      "Season",
      file("10.mkv"),
      file("2.MKV"),
      file("cover.jpg"),
      file("README"),
      folder("Extras", file("making of.mov"), file(".cut.mkv")),
      folder(".cache", file("x.mkv")),
    );
    expect(await collected(season)).toEqual({
      files: ["Season/2.MKV", "Season/10.mkv", "Season/Extras/making of.mov"],
      skipped: [
        "Season/.cache: hidden",
        "Season/cover.jpg: not-media",
        "Season/Extras/.cut.mkv: hidden",
        "Season/README: no-ending",
      ],
    });
  });

  test("one that cannot be read or is empty does not stop the others", async () => {
    const broken = { ...file("b.mkv"), content: never };
    const closed = { ...folder("c"), children: never };
    expect(
      await collected(file("a.mkv", 0), broken, closed, file("d.mkv")),
    ).toEqual({
      files: ["d.mkv"],
      skipped: ["a.mkv: empty", "b.mkv: unreadable", "c: unreadable"],
    });
  });

  test("a folder in itself comes to an end", async () => {
    const loop: DroppedEntry<Content> = {
      ...folder("loop"),
      children: () => Promise.resolve([loop]),
    };
    const { skipped } = await collected(loop);
    expect(skipped).toHaveLength(1);
    expect(skipped[0]).toMatch(/too-deep$/);
  });
});
