import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { builtInPresets } from "../../../src-main/core/preset.ts";
import type { Preset } from "../../../src-main/core/recipe.ts";
import { presetFileText } from "../../../src-main/protocol/recipe-schema.ts";
import {
  loadPresets,
  savePreset,
} from "../../../src-main/store/preset-folder.ts";
import { PowerCutDisk } from "./power-cut-disk.ts";

const [builtIn] = builtInPresets;
const own = (name: string, description = "mine"): Preset => ({
  ...builtIn!,
  name,
  description,
  origin: "user",
});

describe("people's own presets", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "reelfarm-presets-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("are there as soon as they are saved, after the built-in ones, by name", async () => {
    await savePreset(folder, own("Zoo"));
    await savePreset(folder, own("Attic"));
    const names = (await loadPresets(folder)).map(({ name }) => name);
    expect(names).toEqual([
      ...builtInPresets.map(({ name }) => name),
      "Attic",
      "Zoo",
    ]);
    expect(await readdir(join(folder, "presets"))).toEqual([
      "attic.json",
      "zoo.json",
    ]);
  });

  it("one that cannot be read is told, and the others count", async () => {
    await savePreset(folder, own("Good"));
    await writeFile(join(folder, "presets", "bad.json"), "{");
    const told: string[] = [];
    const presets = await loadPresets(folder, (file, { code }) =>
      told.push(`${file} ${code}`),
    );
    expect(presets.at(-1)?.name).toBe("Good");
    expect(told).toEqual(["bad.json preset-invalid"]);
  });

  it("cannot take a built-in name, or none", async () => {
    for (const name of [builtIn!.name, builtIn!.name.toUpperCase(), "…"])
      await expect(savePreset(folder, own(name))).rejects.toMatchObject({
        code: "preset-invalid",
      });
  });
});

describe("saving a preset", () => {
  const file = "/data/presets/film.json";

  async function diskWith(text: Preset): Promise<PowerCutDisk> {
    const disk = new PowerCutDisk();
    await savePreset("/data", text, disk);
    return disk;
  }

  it("leaves the old one or the new one, whenever the power goes", async () => {
    const [before, after] = [own("Film", "old"), own("Film", "new")];
    const disk = await diskWith(before);
    let looks = 0;
    const look = async (cut: PowerCutDisk): Promise<string> => {
      looks += 1;
      return Buffer.from(await cut.readFile(file)).toString();
    };
    const moments: PowerCutDisk[] = [];
    disk.beforeEach = () => {
      for (const survival of [
        "synced-only",
        "names-only",
        { seed: 1 },
        { seed: 2 },
      ] as const)
        moments.push(disk.after(survival));
    };
    await savePreset("/data", after, disk);
    for (const moment of moments)
      expect([presetFileText(before), presetFileText(after)]).toContain(
        await look(moment),
      );
    expect(looks).toBeGreaterThan(20);
    // Acknowledged is kept.
    expect(await look(disk.after("synced-only"))).toBe(presetFileText(after));
  });

  it.each([
    ["ENOSPC", "disk-full"],
    ["EROFS", "output-not-writable"],
  ])("%s is %s, and leaves the old one alone", async (error, code) => {
    const before = own("Film", "old");
    const disk = await diskWith(before);
    disk.fault = (operation) => (operation === "append" ? error : null);
    await expect(
      savePreset("/data", own("Film", "new"), disk),
    ).rejects.toMatchObject({ code });
    disk.fault = () => null;
    expect((await disk.list("/data/presets")).map(({ name }) => name)).toEqual([
      "film.json",
    ]);
    expect(Buffer.from(await disk.readFile(file)).toString()).toBe(
      presetFileText(before),
    );
  });
});
