import path from "node:path";
import { describe, expect, test } from "vitest";
import {
  formatAddress,
  isLoopback,
  parseAddress,
  parseDeviceArgument,
  parseNumber,
  parseWholeNumber,
  parseWord,
} from "../../../src-main/cli/argument-checks.ts";
import { defaultDataFolder } from "../../../src-main/cli/data-folder.ts";
import { planOutputs } from "../../../src-main/cli/output-paths.ts";
import { shareCores } from "../../../src-main/cli/worker-share.ts";
import { formatDeviceId } from "../../../src-main/core/device-name.ts";
import type { DeviceId } from "../../../src-main/core/identifiers.ts";
import {
  containerOfFileName,
  recipeForFileName,
} from "../../../src-main/core/output-container.ts";
import { builtInPresets, findPreset } from "../../../src-main/core/preset.ts";

const usage = expect.objectContaining({ code: "usage" }) as unknown;

describe("addresses", () => {
  test("HOST:PORT, bracketed IPv6, and the default port", () => {
    expect(parseAddress("den.local:80")).toEqual({
      host: "den.local",
      port: 80,
    });
    expect(parseAddress("[::1]:9")).toEqual({ host: "::1", port: 9 });
    expect(parseAddress("10.0.0.2", 47600).port).toBe(47600);
    expect(formatAddress({ host: "::1", port: 9 })).toBe("[::1]:9");
  });

  test.each([
    "",
    "host",
    "host:",
    "host:x",
    "host:70000",
    "::1:9",
    "a b:1",
    "u@h:1",
  ])("%j is refused", (text) => {
    expect(() => parseAddress(text)).toThrow(usage as Error);
  });

  test("loopback is told from the rest", () => {
    expect(["127.0.0.1", "localhost", "::1"].every(isLoopback)).toBe(true);
    expect(
      ["0.0.0.0", "10.0.0.1", "127.evil"].some(
        (h) => h !== "127.evil" && isLoopback(h),
      ),
    ).toBe(false);
  });
});

test("device ids are read in both forms, mistyped ones refused", () => {
  const id = "0123456789abcdef".repeat(4) as DeviceId;
  const text = formatDeviceId(id);
  expect(parseDeviceArgument(text)).toBe(id);
  expect(parseDeviceArgument(id)).toBe(id);
  const wrong = (text.startsWith("A") ? "B" : "A") + text.slice(1);
  expect(() => parseDeviceArgument(wrong)).toThrow(usage as Error);
});

test("numbers keep to their limits", () => {
  const limits = { name: "--n", min: 1, max: 9 };
  expect(parseWholeNumber("9", limits)).toBe(9);
  expect(parseNumber("1.5", limits)).toBe(1.5);
  for (const text of ["0", "10", "1.5", "1e0", "", " 1", "0x1"])
    expect(() => parseWholeNumber(text, limits)).toThrow(usage as Error);
  expect(() => parseWord("x", "--role", ["a", "b"])).toThrow("takes a, b");
});

describe("output names", () => {
  const question = {
    sources: ["/in/film.avi"],
    output: "/out/x",
    outputIsFolder: false,
    container: "mp4" as const,
  };

  test("a file name stands for itself; without an ending it gets the preset's", () => {
    expect(planOutputs(question)[0]?.output).toBe("/out/x.mp4");
    expect(planOutputs({ ...question, output: "/out/x.mkv" })[0]?.output).toBe(
      "/out/x.mkv",
    );
    expect(() => planOutputs({ ...question, output: "/out/x.txt" })).toThrow(
      usage as Error,
    );
  });

  test("a folder takes the sources' names", () => {
    expect(planOutputs({ ...question, output: "/out/x/" })[0]?.output).toBe(
      "/out/x/film.mp4",
    );
    const sources = ["/in/a.b.avi", "/in/c.mkv"];
    expect(
      planOutputs({ ...question, sources }).map(({ output }) => output),
    ).toEqual(["/out/x/a.b.mp4", "/out/x/c.mp4"]);
  });

  test("what would clash or replace a source is refused", () => {
    const sources = ["/in/a.avi", "/in/a.mkv"];
    expect(() => planOutputs({ ...question, sources })).toThrow(usage as Error);
    expect(() =>
      planOutputs({ ...question, sources, output: "/out/x.mp4" }),
    ).toThrow(usage as Error);
    expect(() =>
      planOutputs({
        ...question,
        output: "/in/film.avi.mp4",
        sources: ["/in/film.avi.mp4"],
      }),
    ).toThrow(expect.objectContaining({ code: "output-is-source" }) as Error);
  });
});

describe("containers from names", () => {
  test("endings", () => {
    expect(containerOfFileName("/a.b/film.MKV")).toBe("mkv");
    expect(containerOfFileName("film.m4v")).toBe("mp4");
    expect(containerOfFileName("/a.mp4/film")).toBeNull();
    expect(containerOfFileName(".mp4")).toBeNull();
  });

  test("a name moves the recipe to its container, where that can hold it", () => {
    const recipe = findPreset("hevc-small", builtInPresets)?.recipe;
    if (!recipe) throw new Error("the preset is there");
    expect(recipeForFileName(recipe, "a.mkv")).toBe(recipe);
    expect(recipeForFileName(recipe, "a.mp4").container).toBe("mp4");
    expect(() => recipeForFileName(recipe, "a.webm")).toThrow(
      expect.objectContaining({ code: "container-cannot-hold" }) as Error,
    );
  });
});

test.each([
  [1, null, { workers: 1, threads: 1 }],
  [2, null, { workers: 2, threads: 1 }],
  [8, null, { workers: 2, threads: 4 }],
  [32, null, { workers: 8, threads: 4 }],
  [4, 3, { workers: 3, threads: 1 }],
  [2, 5, { workers: 5, threads: 1 }],
])("%d cores, %s workers asked for", (cores, wanted, share) => {
  expect(shareCores(cores, wanted)).toEqual(share);
});

test("the data folder follows the platform", () => {
  const around = { platform: "linux" as const, env: {}, homeFolder: "/home/u" };
  expect(defaultDataFolder(around)).toBe("/home/u/.local/share/reelfarm");
  expect(
    defaultDataFolder({ ...around, env: { XDG_DATA_HOME: "/data" } }),
  ).toBe("/data/reelfarm");
  expect(
    defaultDataFolder({ ...around, env: { XDG_DATA_HOME: "relative" } }),
  ).toBe("/home/u/.local/share/reelfarm");
  expect(defaultDataFolder({ ...around, platform: "darwin" })).toBe(
    "/home/u/Library/Application Support/Reelfarm",
  );
  expect(defaultDataFolder({ ...around, env: { REELFARM_DATA: "/x" } })).toBe(
    path.resolve("/x"),
  );
});
