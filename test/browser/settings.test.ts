/** What an owner settles on the page “This computer”: its role, its limits, the folders it watches. */
import { copyFile, mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import {
  allHoursOfDay,
  isHourAllowed,
  type WorkerLimits,
} from "../../src-main/core/worker-limits.ts";
import { accessibilityProblems } from "../fixtures/browser.ts";
import { drillClip } from "../fixtures/drill-media.ts";
import {
  addJobs,
  choose,
  expectSoon,
  hasNoBrowser,
  onlyJob,
  rowOf,
  Windows,
  type WindowNode,
} from "../fixtures/windows.ts";

describe.skipIf(hasNoBrowser)("this computer", () => {
  const windows = new Windows();

  test("its role is changed with a click, and back; the queue is kept", async () => {
    const farm = await windows.start("den", "master");
    await addJobs(farm, [await drillClip({ durationS: 2 })]);
    await farm.node.host.handle({ type: "pause-queue" });
    const page = await windows.open(farm, "settings");
    const role = (): string => farm.node.host.snapshot().node.role;
    await page.getByRole("radio", { name: "Helps another computer" }).click();
    await expectSoon(role).toBe("worker");
    await page.getByText("It helps nobody yet.").waitFor();
    await page.getByRole("link", { name: "Queue" }).click();
    await page.getByText("This computer helps another one").waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole("button", { name: "This computer" }).click();
    await page
      .getByRole("radio", { name: "Runs the farm and encodes" })
      .click();
    await expectSoon(role).toBe("both");
    await page.getByText("Ready to encode").waitFor();
    await page.getByRole("link", { name: "Queue" }).click();
    await rowOf(page, "clip-2.mp4").waitFor();
  });

  test("an owner's limits hold at once: switched off, its share, the hours of the week by mouse and keyboard", async () => {
    const farm = await windows.start("den", "both");
    const page = await windows.open(farm, "settings");
    const state = page.getByRole("status");
    await page.getByRole("switch", { name: "Encode on this computer" }).click();
    await state.getByText("Encoding is switched off").waitFor();
    expect(farm.node.host.snapshot().node.worker?.reason).toBe("switched-off");
    await page.getByRole("switch", { name: "Encode on this computer" }).click();
    await state.getByText("Ready to encode").waitFor();

    await page.getByLabel("Share of the processor").fill("50");
    await page.keyboard.press("Tab");
    await expectSoon(() => limitsOf(farm).cpuPercent).toBe(50);

    await page.getByRole("switch", { name: "Only at certain hours" }).click();
    const grid = page.getByRole("grid", { name: "Hours of the week" });
    await grid.waitFor();
    await grid.scrollIntoViewIfNeeded();
    expect(limitsOf(farm).hours).toEqual(new Array(7).fill(allHoursOfDay));
    await paint(page, "Monday, 8 to 9 o’clock", "Wednesday, 8 to 9 o’clock");
    const monday = 1;
    await expectSoon(() => allowedAt(farm, monday, 8)).toBe(false);
    expect(allowedAt(farm, monday + 1, 8)).toBe(false);
    expect(allowedAt(farm, monday + 2, 8)).toBe(false);
    expect(allowedAt(farm, monday, 9)).toBe(true);
    // One more hour from where the pointer began.
    await page.getByRole("gridcell", { name: /^Monday, 8 to/ }).focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Space");
    await expectSoon(() => allowedAt(farm, monday, 9)).toBe(false);
    await expectSoon(() =>
      page
        .getByRole("gridcell", { name: /^Monday, 9 to/ })
        .getAttribute("aria-selected"),
    ).toBe("false");
    expect(await accessibilityProblems(page)).toEqual([]);
    // Nothing but this very hour is left out, and the worker rests.
    const now = new Date();
    await paintNow(page, farm, now);
    await state.getByText("Outside the hours you chose").waitFor();
    await page.reload();
    await state.getByText("Outside the hours you chose").waitFor();
    expect(await page.getByLabel("Share of the processor").inputValue()).toBe(
      "50",
    );
  });

  test("a film that comes to a watched folder is encoded, once it is whole", async () => {
    const farm = await windows.start("den", "both");
    const watched = join(windows.folder, "watched");
    await mkdir(watched);
    const page = await windows.open(farm, "settings");
    await page.getByRole("button", { name: "Watch a folder" }).click();
    const dialog = page.getByRole("dialog", { name: "Watched folder" });
    await dialog.getByRole("textbox", { name: "Folder" }).first().fill(watched);
    await choose(dialog, "Preset", "Phone");
    await dialog.getByRole("radio", { name: "Into one folder" }).click();
    await dialog
      .getByRole("textbox", { name: "Folder" })
      .last()
      .fill(farm.outputs);
    expect(await accessibilityProblems(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByRole("switch", { name: `Watch ${watched}` }).waitFor();
    const draft = join(windows.folder, "draft");
    await copyFile(await drillClip({ durationS: 2 }), draft);
    await rename(draft, join(watched, "evening.mp4"));
    const job = await onlyJob(farm, "done");
    expect(job).toMatchObject({
      name: "evening.mp4",
      presetName: "Phone",
      outputPath: join(farm.outputs, "evening.mp4"),
    });
    await page.getByRole("button", { name: /^Stop watching/ }).click();
    await page.getByText("No folder is watched.").waitFor();
    expect(farm.node.host.snapshot().node.settings.watchFolders).toEqual([]);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("switch", { name: `Watch ${watched}` }).waitFor();
  });
});

const limitsOf = ({ node }: WindowNode): WorkerLimits =>
  node.host.snapshot().node.settings.limits;

/** `day` 0: Sunday. */
function allowedAt(farm: WindowNode, day: number, hour: number): boolean {
  const { hours } = limitsOf(farm);
  return hours === null || isHourAllowed(hours, day, hour);
}

/** With the button held from one cell to another. */
async function paint(page: Page, from: string, to: string): Promise<void> {
  await page.getByRole("gridcell", { name: from }).hover();
  await page.mouse.down();
  const last = await page.getByRole("gridcell", { name: to }).boundingBox();
  if (last === null) throw new Error(`no cell ${to}`);
  await page.mouse.move(last.x + 3, last.y + 3, { steps: 8 });
  await page.mouse.up();
}

/** This hour and the next: the clock may go on meanwhile. */
async function paintNow(
  page: Page,
  farm: WindowNode,
  now: Date,
): Promise<void> {
  for (const ahead of [0, 1]) {
    const at = new Date(now.getTime() + ahead * 3_600_000);
    const day = at.toLocaleDateString("en-GB", { weekday: "long" });
    const cell = page.getByRole("gridcell", {
      name: new RegExp(`^${day}, ${String(at.getHours())} to`),
    });
    if ((await cell.getAttribute("aria-selected")) === "true")
      await cell.click();
    // What the next click changes is what the node told last.
    await expectSoon(() => allowedAt(farm, at.getDay(), at.getHours())).toBe(
      false,
    );
    await expectSoon(() => cell.getAttribute("aria-selected")).toBe("false");
  }
}
