import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import {
  findBinaries,
  outsideArchive,
} from "../../../src-main/media/binaries.ts";
import { detectCapabilities } from "../../../src-main/media/capabilities.ts";
import { generations } from "./encode-bench.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "reelfarm-test-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function fakeTool(name: string, script: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

describe("findBinaries", () => {
  it("finds a pair without being told", async () => {
    const found = await findBinaries({ env: {} });
    expect(found.versionMajor).toBeGreaterThanOrEqual(5);
  });

  it("takes what is named by the environment or refuses it, and nothing else instead", async () => {
    const missing = findBinaries({ env: { REELFARM_FFMPEG: "/no/ffmpeg" } });
    await expect(missing).rejects.toMatchObject({ code: "ffmpeg-missing" });
    const old = await fakeTool(
      "old",
      "echo 'ffmpeg version 4.4.2 Copyright'; echo 'libavcodec     58.134.100 / 58.134.100'",
    );
    const refused = findBinaries({ env: { REELFARM_FFMPEG: old } });
    await expect(refused).rejects.toMatchObject({
      code: "ffmpeg-too-old",
      detail: expect.stringContaining("4.4.2") as string,
    });
    const other = findBinaries({ ffmpeg: await fakeTool("other", "echo hi") });
    await expect(other).rejects.toMatchObject({ code: "ffmpeg-missing" });
  });

  it("looks beside Electron's archive, not in it", () => {
    expect(outsideArchive("/app/app.asar/node_modules/x/ffmpeg")).toBe(
      "/app/app.asar.unpacked/node_modules/x/ffmpeg",
    );
    expect(outsideArchive("C:\\r\\app.asar\\x.exe")).toBe(
      "C:\\r\\app.asar.unpacked\\x.exe",
    );
    expect(outsideArchive("/app/app.asar.unpacked/x")).toBe(
      "/app/app.asar.unpacked/x",
    );
  });
});

describe.each(await generations())(
  "capabilities of ffmpeg $version",
  (tools) => {
    it("are what was really tried, and are remembered until ffmpeg changes", async () => {
      let stored: string | null = null;
      let saved = 0;
      const cache = {
        load: () => Promise.resolve(stored),
        save: (text: string) => {
          stored = text;
          saved += 1;
          return Promise.resolve();
        },
      };
      const first = await detectCapabilities(tools, { cache });
      expect(first.keys).toEqual(
        expect.arrayContaining(["encoder:x264", "audio:aac", "filter:bwdif"]),
      );
      expect(await detectCapabilities(tools, { cache })).toEqual(first);
      expect(saved).toBe(1);
      await detectCapabilities({ ...tools, version: "other" }, { cache });
      expect(saved).toBe(2);
      stored = "{ broken";
      await detectCapabilities(tools, { cache });
      expect(saved).toBe(3);
    });
  },
);

describe("capabilities", () => {
  it("do not believe an encoder that is listed but fails", async () => {
    const [tools] = await generations();
    const lying = await fakeTool(
      "lying",
      `case "$*" in *-c:v*|*-c:a*) exit 1;; *) exec ${tools!.ffmpeg} "$@";; esac`,
    );
    const { keys } = await detectCapabilities({ ...tools!, ffmpeg: lying });
    expect(keys.filter((key) => !key.startsWith("filter:"))).toEqual([]);
    expect(keys).toContain("filter:yadif");
  });
});
