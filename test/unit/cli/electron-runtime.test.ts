import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findElectron } from "../../../src-main/cli/electron-runtime.ts";
import { pageOpener } from "../../../src-main/cli/open-page.ts";

const display = { DISPLAY: ":0" };
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "reelfarm-electron-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function install(): void {
  mkdirSync(path.join(folder, "dist"), { recursive: true });
  writeFileSync(path.join(folder, "path.txt"), "electron");
  writeFileSync(path.join(folder, "dist", "electron"), "");
}

function find(changes: {
  env?: NodeJS.ProcessEnv;
  packageFolder?: string | null;
  fetchRuntime?: () => Promise<string | null>;
}) {
  return findElectron({
    env: display,
    platform: "linux",
    packageFolder: folder,
    fetchRuntime: () => Promise.resolve("no network"),
    ...changes,
  });
}

describe("Electron's runtime", () => {
  it("is used where it lies", async () => {
    install();
    const program = path.join(folder, "dist", "electron");
    expect(await find({})).toEqual({ program });
    const env = {
      ...display,
      ELECTRON_OVERRIDE_DIST_PATH: path.dirname(program),
    };
    expect(await find({ env, packageFolder: null })).toEqual({ program });
  });

  it("is fetched once where it is missing", async () => {
    const fetchRuntime = () => {
      install();
      return Promise.resolve(null);
    };
    expect(await find({ fetchRuntime })).toHaveProperty("program");
  });

  it.each([
    [{ env: {} }, "there is no graphical session"],
    [{ packageFolder: null }, "its npm package is not installed"],
    [{}, "downloading it failed: no network"],
    [
      { fetchRuntime: () => Promise.resolve(null) },
      "downloading it failed: it left nothing",
    ],
    [
      { env: { ...display, ELECTRON_SKIP_BINARY_DOWNLOAD: "1" } },
      "it is not to be downloaded",
    ],
    [
      { env: { ...display, ELECTRON_OVERRIDE_DIST_PATH: "/nowhere" } },
      "there is none in /nowhere",
    ],
  ])("is told to be missing (case %#)", async (changes, missing) => {
    expect(await find(changes)).toEqual({ missing });
  });
});

it("opens pages with what each system has, and with nothing where nobody looks", () => {
  expect(pageOpener("darwin", {})?.program).toBe("open");
  expect(pageOpener("linux", display)?.program).toBe("xdg-open");
  expect(pageOpener("linux", {})).toBeNull();
});
