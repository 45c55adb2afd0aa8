import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { jobId } from "../../../src-main/core/identifiers.ts";
import {
  freeBytes,
  openJobFolder,
  workFolder,
} from "../../../src-main/store/job-folder.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "reelfarm-work-"));
});
afterEach(() => rm(folder, { recursive: true }));

const a = jobId("a");
const hash = (text: string): string =>
  createHash("sha256").update(text).digest("hex");

describe("a job's work folder", () => {
  it("is made once, for this user only, and can be opened again", async () => {
    const first = await openJobFolder(folder, a);
    expect(first.path).toBe(join(workFolder(folder), "a"));
    await writeFile(first.newFile(0, "mp4").path, "x");
    const again = await openJobFolder(folder, a);
    expect((await again.files()).length).toBe(1);
    if (process.platform !== "win32")
      expect((await stat(again.path)).mode & 0o077).toBe(0);
  });

  it("gives names nobody used, with their stage and ending", async () => {
    const work = await openJobFolder(folder, a);
    const names = Array.from({ length: 50 }, () => work.newFile(2, "mov"));
    expect(new Set(names.map((one) => one.fileName)).size).toBe(50);
    for (const { fileName, path } of names) {
      expect(fileName).toMatch(/^s2-[0-9a-f-]{36}\.mov$/);
      expect(work.pathOf(fileName)).toBe(path);
    }
  });

  it("knows no name that leads out of it, and no id that is no name", async () => {
    const work = await openJobFolder(folder, a);
    for (const name of ["../a", "/etc/x", "..", ".x", "", "a/b", "a\\b"])
      expect(() => work.pathOf(name), name).toThrow();
    for (const id of ["..", "a/b", ""])
      await expect(openJobFolder(folder, jobId(id)), id).rejects.toThrow();
    expect(await readdir(workFolder(folder))).toEqual(["a"]);
  });

  it("measures what it settles, and tells later whether it is still that", async () => {
    const work = await openJobFolder(folder, a);
    const { fileName, path } = work.newFile(0, "mp4");
    await writeFile(path, "segment");
    const settled = await work.settle(fileName);
    expect(settled).toEqual({
      fileName,
      sizeBytes: 7,
      sha256: hash("segment"),
    });
    expect(await work.holds(settled)).toBe(true);
    await writeFile(path, "segmenT");
    expect(await work.holds(settled)).toBe(false);
    await writeFile(path, "segments");
    expect(await work.holds(settled)).toBe(false);
    await work.remove(fileName);
    await work.remove(fileName);
    expect(await work.holds(settled)).toBe(false);
  });

  it("says that a file that is not there cannot be settled", async () => {
    const work = await openJobFolder(folder, a);
    await expect(work.settle("s0-none.mp4")).rejects.toMatchObject({
      code: "store-unwritable",
    });
  });

  it("goes with everything in it, and no other", async () => {
    const work = await openJobFolder(folder, a);
    await writeFile(work.newFile(0, "mp4").path, "x");
    await openJobFolder(folder, jobId("b"));
    await work.removeAll();
    await work.removeAll();
    expect(await readdir(workFolder(folder))).toEqual(["b"]);
  });

  it("tells the space left", async () => {
    const work = await openJobFolder(folder, a);
    expect(await work.freeBytes()).toBeGreaterThan(0);
    await expect(freeBytes(join(folder, "none"))).rejects.toThrow();
  });
});
