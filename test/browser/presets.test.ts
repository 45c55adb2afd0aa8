/** Presets in the window: copied, changed in people's words, taken out and brought in, thrown away and back. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Preset } from "../../src-main/core/recipe.ts";
import { accessibilityProblems } from "../fixtures/browser.ts";
import {
  choose,
  expectSoon,
  hasNoBrowser,
  Windows,
  type WindowNode,
} from "../fixtures/windows.ts";

describe.skipIf(hasNoBrowser)("presets", () => {
  const windows = new Windows();

  test("one is copied, changed, exported, deleted, put back, deleted and imported again", async () => {
    const farm = await windows.start("den", "both");
    const page = await windows.open(farm, "presets");
    await page.getByRole("button", { name: "Duplicate: Phone" }).click();
    const editor = page.getByRole("dialog", { name: "New preset" });
    await editor.getByLabel("Name").fill("Phone");
    await editor
      .getByText("A preset that comes with Reelfarm is called so.")
      .waitFor();
    const save = editor.getByRole("button", { name: "Save" });
    expect(await save.isDisabled()).toBe(true);
    await editor.getByLabel("Name").fill("For Grandma");
    const picture = editor.getByRole("group", { name: "Picture" });
    await choose(picture, "Made with", "H.264");
    await choose(picture, "Quality", /^Best/);
    await choose(picture, "Largest picture", /1080/);
    expect(await accessibilityProblems(page)).toEqual([]);
    await save.click();
    await page.getByText("For Grandma is saved.").waitFor();
    const card = page.getByRole("article", { name: "For Grandma" });
    await card.getByText("The one worker can do it").waitFor();
    const made = await presetOf(farm, "For Grandma");
    expect(made?.origin).toBe("user");
    expect(made?.recipe.video).toMatchObject({
      encoder: "x264",
      filters: { fit: { maxHeight: 1080 } },
    });

    await card.getByRole("button", { name: "More for For Grandma" }).click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: "Export" }).click(),
    ]);
    const file = join(windows.folder, download.suggestedFilename());
    await download.saveAs(file);
    expect(await readFile(file, "utf8")).toContain("For Grandma");

    const remove = async (): Promise<void> => {
      await card.getByRole("button", { name: "More for For Grandma" }).click();
      await page.getByRole("menuitem", { name: "Delete" }).click();
      await page
        .getByRole("alertdialog")
        .getByRole("button", { name: "Delete" })
        .click();
      await card.waitFor({ state: "hidden" });
      expect(await presetOf(farm, "For Grandma")).toBeUndefined();
    };
    await remove();
    await page.getByRole("button", { name: "Undo" }).click();
    await card.waitFor();
    await remove();
    await page.getByLabel(/^A preset file of Reelfarm/).setInputFiles(file);
    await page
      .getByRole("dialog", { name: "One preset imported" })
      .getByRole("button", { name: "Close" })
      .last()
      .click();
    await card.waitFor();
    expect(await presetOf(farm, "For Grandma")).toEqual(made);

    await card.getByRole("button", { name: "Edit For Grandma" }).click();
    const again = page.getByRole("dialog", { name: "Edit For Grandma" });
    await again.getByLabel("Name").fill("For Grandpa");
    await again.getByRole("button", { name: "Save" }).click();
    await page.getByRole("article", { name: "For Grandpa" }).waitFor();
    await expectSoon(() => presetOf(farm, "For Grandma")).toBeUndefined();
  });

  test("a HandBrake preset is brought in with a word on what was left out; what is no preset is refused in words", async () => {
    const farm = await windows.start("den", "both");
    const page = await windows.open(farm, "presets");
    const handBrake = join(windows.folder, "handbrake.json");
    await writeFile(handBrake, JSON.stringify(handBrakeFile));
    const input = page.getByLabel(/^A preset file of Reelfarm/);
    await input.setInputFiles(handBrake);
    const report = page.getByRole("dialog", { name: "One preset imported" });
    await report.getByText("Living room").first().waitFor();
    await report.getByText("Left out or changed").waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await report.getByRole("button", { name: "Close" }).last().click();
    await page.getByRole("article", { name: "Living room" }).waitFor();
    const other = join(windows.folder, "other.json");
    await writeFile(other, "{}");
    await input.setInputFiles(other);
    await page.getByText("The preset file cannot be used").waitFor();
  });
});

async function presetOf(
  { node }: WindowNode,
  name: string,
): Promise<Preset | undefined> {
  const presets = await node.host.handle({ type: "presets" });
  return presets.find((preset) => preset.name === name);
}

/** As HandBrake 1.x exports it, but for what does not matter here. */
const handBrakeFile = {
  PresetList: [
    {
      PresetName: "Living room",
      PresetDescription: "",
      Type: 1,
      Folder: false,
      FileFormat: "av_mkv",
      VideoEncoder: "x264",
      VideoQualityType: 2,
      VideoQualitySlider: 21,
      VideoPreset: "medium",
      VideoOptionExtra: "rc-lookahead=60",
      AudioList: [{ AudioEncoder: "av_aac", AudioBitrate: 160 }],
    },
  ],
  VersionMajor: 47,
  VersionMinor: 0,
  VersionMicro: 0,
};
