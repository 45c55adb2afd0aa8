/** The queue of a master without workers: choosing, ordering, removing, by mouse and by keyboard. */
import { copyFile, mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { drillClip } from "../fixtures/drill-media.ts";
import {
  addJobs,
  expectSoon,
  hasNoBrowser,
  onlyJob,
  rowNames,
  rowOf,
  Windows,
  type WindowNode,
} from "../fixtures/windows.ts";

describe.skipIf(hasNoBrowser)("the queue", () => {
  const windows = new Windows();

  /** Jobs that wait, called a, b, …, shown in a window. */
  async function waiting(
    count: number,
  ): Promise<{ page: Page; farm: WindowNode }> {
    const farm = await windows.start("den", "master");
    const clip = await drillClip({ durationS: 2 });
    const films = join(windows.folder, "films");
    await mkdir(films);
    const sources = Array.from({ length: count }, (_, at) =>
      join(films, `${String.fromCharCode(97 + at)}.mp4`),
    );
    for (const source of sources) await copyFile(clip, source);
    await addJobs(farm, sources);
    const page = await windows.open(farm);
    await rowOf(page, "a.mp4").waitFor();
    return { page, farm };
  }

  test("rows are chosen with click, ctrl and shift; what is removed can be put back where it was", async () => {
    const { page, farm } = await waiting(6);
    const names = "a.mp4 b.mp4 c.mp4 d.mp4 e.mp4 f.mp4".split(" ");
    await clickRow(page, "b.mp4");
    await clickRow(page, "d.mp4", "Shift");
    expect(await chosen(page)).toEqual(["b.mp4", "c.mp4", "d.mp4"]);
    await clickRow(page, "c.mp4", "Control");
    await clickRow(page, "f.mp4", "Control");
    expect(await chosen(page)).toEqual(["b.mp4", "d.mp4", "f.mp4"]);
    const bar = page.getByRole("toolbar", { name: "3 chosen" });
    await bar.getByRole("button", { name: "Remove" }).click();
    await page.getByText("3 jobs removed").waitFor();
    const left = ["a.mp4", "c.mp4", "e.mp4"];
    await expectSoon(() => rowNames(page)).toEqual(left);
    expect(queueOf(farm)).toEqual(left);
    await page.getByRole("button", { name: "Undo" }).click();
    await expectSoon(() => rowNames(page)).toEqual(names);
    expect(queueOf(farm)).toEqual(names);
    await clickRow(page, "e.mp4");
    expect(await chosen(page)).toEqual(["e.mp4"]);
    await page.keyboard.press("Control+a");
    expect(await chosen(page)).toEqual(names);
    await page.keyboard.press("Escape");
    expect(await chosen(page)).toEqual([]);
  });

  test("rows are put in another order by dragging and by keyboard", async () => {
    const { page, farm } = await waiting(5);
    /** Shown, and so at the node. */
    const isInOrder = async (letters: string): Promise<void> => {
      const names = letters.split("").map((letter) => `${letter}.mp4`);
      await expectSoon(() => rowNames(page)).toEqual(names);
      expect(queueOf(farm)).toEqual(names);
    };
    await drag(page, "e.mp4", "b.mp4");
    await isInOrder("aebcd");
    // All chosen ones go with the one that is dragged.
    await clickRow(page, "a.mp4");
    await clickRow(page, "c.mp4", "Control");
    await drag(page, "c.mp4", null);
    await isInOrder("ebdac");

    await clickRow(page, "d.mp4");
    await page.keyboard.press("Alt+ArrowUp");
    await isInOrder("edbac");
    await page.keyboard.press("Alt+Home");
    await isInOrder("debac");
    expect(await chosen(page)).toEqual(["d.mp4"]);
    await page.keyboard.press("Shift+ArrowDown");
    await page.keyboard.press("Alt+End");
    await isInOrder("bacde");
    await page.getByRole("button", { name: "Actions for c.mp4" }).click();
    await page.getByRole("menuitem", { name: "To the top" }).click();
    await isInOrder("cbade");
  });

  test("a film is added, encoded, opened and removed with the keyboard alone", async () => {
    const farm = await windows.start("den", "both");
    const file = await drillClip({ durationS: 2 });
    const name = basename(file);
    const page = await windows.open(farm);
    await page.getByText("Nothing to do yet").waitFor();
    await tabTo(page, "Skip to the content");
    await page.keyboard.press("Enter");
    await tabTo(page, "Add films");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await tabTo(page, "Path of a file or folder");
    await page.keyboard.type(file);
    await page.keyboard.press("Enter");
    await tabTo(page, /^Preset:/);
    await page.keyboard.press("Enter");
    await page.getByRole("option", { name: /^Phone/ }).waitFor();
    await page.keyboard.type("Phone");
    await page.keyboard.press("Enter");
    await page.getByRole("listbox").waitFor({ state: "hidden" });
    await tabTo(page, "Add");
    await page.keyboard.press("Enter");
    const job = await onlyJob(farm, "done");
    expect(job.presetName).toBe("Phone");
    await page.getByRole("grid", { name: "Jobs" }).waitFor();
    await tabTo(page, "Jobs");
    await page.keyboard.press("ArrowDown");
    expect(await chosen(page)).toEqual([name]);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name }).waitFor();
    await tabTo(page, "Back to the queue", "Shift+Tab");
    await page.keyboard.press("Enter");
    // The keyboard is where it was.
    await expectSoon(() => focusedName(page)).toBe("Jobs");
    await page.keyboard.press("Shift+F10");
    await page.getByRole("menuitem", { name: "Remove" }).waitFor();
    await page.keyboard.press("Escape");
    await expectSoon(() => focusedName(page)).toBe("Jobs");
    await page.keyboard.press("Delete");
    await page.getByText(`“${name}” removed`).waitFor();
    expect(farm.node.host.snapshot().jobs).toEqual([]);
    await tabTo(page, "Undo");
    await page.keyboard.press("Enter");
    await rowOf(page, name).waitFor();
  });
});

const queueOf = ({ node }: WindowNode): string[] =>
  node.host.snapshot().jobs.map(({ name }) => name);

async function clickRow(
  page: Page,
  name: string,
  modifier?: "Shift" | "Control",
): Promise<void> {
  await rowOf(page, name)
    .locator(".state")
    .click(modifier === undefined ? {} : { modifiers: [modifier] });
}

function chosen(page: Page): Promise<string[]> {
  return page.locator("[data-job][aria-selected=true] .name").allInnerTexts();
}

/** By its grip, to just above another row; null: below all of them. */
async function drag(
  page: Page,
  name: string,
  before: string | null,
): Promise<void> {
  const list = page.getByRole("grid", { name: "Jobs" });
  const target = before === null ? list : rowOf(page, before);
  const grip = await rowOf(page, name).getByTitle(`Move ${name}`).boundingBox();
  const place = await target.boundingBox();
  if (grip === null || place === null) throw new Error("nothing to drag");
  const y = before === null ? place.y + place.height - 60 : place.y + 4;
  await page.mouse.move(grip.x + 5, grip.y + 5);
  await page.mouse.down();
  await page.mouse.move(grip.x + 60, y, { steps: 6 });
  await page.locator(".drop-line").waitFor();
  await page.mouse.move(grip.x + 62, y);
  await page.mouse.up();
}

/** What a screen reader would call what has the keyboard. */
async function focusedName(page: Page): Promise<string> {
  const name = await page.evaluate(
    `((focused) => focused.getAttribute("aria-label") ??
      focused.labels?.[0]?.textContent ?? focused.innerText)(document.activeElement)`,
  );
  return String(name).trim();
}

/** Presses Tab until it is there, as somebody without a mouse does. */
async function tabTo(
  page: Page,
  name: string | RegExp,
  key: "Tab" | "Shift+Tab" = "Tab",
): Promise<void> {
  const passed: string[] = [];
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press(key);
    const found = await focusedName(page);
    if (typeof name === "string" ? found === name : name.test(found)) return;
    passed.push(found);
  }
  throw new Error(`no way to ${String(name)}, only to ${passed.join(", ")}`);
}
