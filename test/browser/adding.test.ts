/** From a dropped file to a finished film in the history, by mouse and in a real browser. */
import { copyFile, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { accessibilityProblems } from "../fixtures/browser.ts";
import { drillClip } from "../fixtures/drill-media.ts";
import {
  choose,
  expectSoon,
  hasNoBrowser,
  onlyJob,
  rowNames,
  Windows,
} from "../fixtures/windows.ts";

describe.skipIf(hasNoBrowser)("adding films", () => {
  const windows = new Windows();

  test("dropped files and a folder are sent and become jobs; what was left out is said, and why", async () => {
    const farm = await windows.start("den", "master");
    const drop = join(windows.folder, "drop");
    await mkdir(join(drop, "season", "extras"), { recursive: true });
    const clip = await drillClip({ durationS: 2 });
    const lone = join(drop, "holiday.mp4");
    await copyFile(clip, lone);
    for (const name of ["part 10.mp4", "part 2.mp4", "extras/cut.mp4"])
      await copyFile(clip, join(drop, "season", name));
    await writeFile(join(drop, "season", "notes.txt"), "words");
    await writeFile(join(drop, "season", ".hidden.mp4"), "not seen");
    await writeFile(join(drop, "season", "empty.mp4"), "");
    await writeFile(join(drop, "season", "broken.mp4"), "no film in here");
    const page = await windows.open(farm);
    await page.getByText("Nothing to do yet").waitFor();
    await dropOnto(page, [lone, join(drop, "season")]);
    const dialog = page.getByRole("dialog");
    await dialog.getByText("season/part 10.mp4").waitFor();
    expect(await dialog.locator("li span").allInnerTexts()).toEqual([
      "holiday.mp4",
      "season/broken.mp4",
      "season/extras/cut.mp4",
      "season/part 2.mp4",
      "season/part 10.mp4",
    ]);
    expect(await accessibilityProblems(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Add 5 things" }).click();
    const report = page.getByRole("dialog", { name: "What was left out" });
    await report.waitFor();
    const told = (await report.innerText()).replaceAll(/\s+/g, " ");
    expect(told).toContain("4 films were added; this was not:");
    expect(told).toContain(
      "season/broken.mp4 The file season/broken.mp4 is cut off",
    );
    expect(told).toContain("season/notes.txt Its ending is no media file's.");
    expect(told).toContain("season/.hidden.mp4 It is hidden.");
    expect(told).toContain("season/empty.mp4 It is empty.");
    expect(await accessibilityProblems(page)).toEqual([]);
    await report.getByRole("button", { name: "Close" }).first().click();
    expect(await rowNames(page)).toEqual([
      "holiday.mp4",
      "cut.mp4",
      "part 2.mp4",
      "part 10.mp4",
    ]);
  });

  test("a film named by its path is tried for 10 seconds, encoded, compared, encoded again otherwise, and stands in the history", async () => {
    const farm = await windows.start("den", "both");
    const file = await drillClip({ durationS: 12 });
    const name = basename(file);
    const page = await windows.open(farm);
    await page.getByRole("button", { name: "Add films" }).first().click();
    await page.getByLabel("Path of a file or folder").fill(file);
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Add to the queue" });
    await dialog.getByText(name).first().waitFor();
    await dialog.getByRole("button", { name: "Try 10 seconds first" }).click();
    await trySample(page, name);
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("row").getByText(name).waitFor();
    const job = await onlyJob(farm, "done");
    expect((await stat(job.outputPath)).size).toBe(job.outputBytes);
    await page.getByRole("link", { name }).click();
    await page.getByRole("heading", { name }).waitFor();
    await compareMoments(page);
    expect(await accessibilityProblems(page)).toEqual([]);

    await page.getByRole("button", { name: `Actions for ${name}` }).click();
    await page
      .getByRole("menuitem", { name: "Again with another preset" })
      .click();
    const again = page.getByRole("dialog", { name: /with another preset/ });
    await choose(again, "Preset", /^Phone/);
    await again.getByRole("button", { name: "Add" }).click();
    await page.getByText("One film added").waitFor();
    await expectSoon(
      () => farm.node.host.snapshot().jobs.map(({ state }) => state),
      60_000,
    ).toEqual(["done", "done"]);
    const stem = name.replace(".mp4", "");
    expect((await readdir(farm.outputs)).sort()).toEqual([
      `${stem} Phone.mp4`,
      `${stem}.mp4`,
    ]);
    await page.getByRole("link", { name: "History" }).click();
    await page.getByText("Films finished").waitFor();
    await expectSoon(() =>
      page.getByRole("row").filter({ hasText: name }).count(),
    ).toBe(2);
  });
});

/** Real files from the disk, as the browser gets them from the desktop. */
async function dropOnto(page: Page, files: readonly string[]): Promise<void> {
  const line = await page.context().newCDPSession(page);
  const drag = async (type: "dragEnter" | "dragOver" | "drop") =>
    line.send("Input.dispatchDragEvent", {
      type,
      x: 640,
      y: 400,
      data: { items: [], files: [...files], dragOperationsMask: 1 },
    });
  await drag("dragEnter");
  await drag("dragOver");
  await page.getByText("Drop to add").waitFor();
  await drag("drop");
  await page.getByText("Drop to add").waitFor({ state: "hidden" });
}

async function trySample(page: Page, name: string): Promise<void> {
  const dialog = page.getByRole("dialog", {
    name: `Try 10 seconds of ${name}`,
  });
  await dialog.getByRole("button", { name: "Encode 10 seconds" }).click();
  await dialog.getByText(/ became .*The whole film: about/).waitFor();
  await dialog.getByRole("img", { name: /^After/ }).waitFor();
  expect(await accessibilityProblems(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
}

/** Moves the border, then the moment: both pictures are asked for anew. */
async function compareMoments(page: Page): Promise<void> {
  const before = page.getByRole("img", { name: /^Before/ });
  await before.waitFor();
  const border = page.getByLabel("Border between before and after");
  await border.focus();
  await page.keyboard.press("Home");
  expect(await before.getAttribute("style")).toContain(
    "inset(0px 100% 0px 0px)",
  );
  await page.keyboard.press("End");
  expect(await before.getAttribute("style")).toContain("inset(0px 0% 0px 0px)");
  const first = await before.getAttribute("src");
  await page.getByLabel("Moment of the film").focus();
  await page.keyboard.press("End");
  await expectSoon(() => before.getAttribute("src")).not.toBe(first);
  expect(await page.getByRole("img", { name: "After, 0:12" }).count()).toBe(1);
}
