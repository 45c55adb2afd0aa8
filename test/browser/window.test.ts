/** The window in a real browser against real nodes: first run, pairing, limits, accessibility. */
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startNode, type RunningNode } from "../../src-main/node.ts";
import {
  accessibilityProblems,
  chromiumPath,
  launchBrowser,
  openPage,
} from "../fixtures/browser.ts";
import { fixtureSource } from "../fixtures/sources.ts";

const bundleFolder = new URL("../../dist/renderer", import.meta.url).pathname;
const screens = ["queue", "workers", "presets", "history", "settings"];

if (chromiumPath === null)
  console.warn("SKIPPED: no Chromium is installed; the window is not tested");

describe.skipIf(chromiumPath === null)("the window", () => {
  let browser: Browser;
  let folder: string;
  let nodes: RunningNode[] = [];
  beforeAll(async () => {
    browser = await launchBrowser();
    folder = await mkdtemp(join(tmpdir(), "reelfarm-window-"));
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });
  afterEach(async () => {
    for (const node of nodes) await node.close();
    nodes = [];
  });

  async function start(
    name: string,
    role: "both" | "worker" | null,
  ): Promise<{ node: RunningNode; url: string }> {
    const node = await startNode({
      dataFolder: join(folder, name),
      role,
      name,
      listen: { host: "127.0.0.1", port: 0 },
      ui: { host: "127.0.0.1", port: 0 },
      bundleFolder,
      master: null,
      allow: [],
      ffmpeg: null,
      ffprobe: null,
      slots: 1,
      threads: 1,
    });
    nodes.push(node);
    return { node, url: `${node.ui?.url ?? ""}?token=${node.ui?.token ?? ""}` };
  }

  test("a new computer is asked what it is to do, and does it", async () => {
    const { node, url } = await start("new", null);
    const { page, errors } = await openPage(browser, url);
    await page.getByLabel("Name of this computer").fill("Attic");
    expect(await accessibilityProblems(page)).toEqual([]);
    await page
      .getByRole("button", { name: /^This computer runs the farm/ })
      .click();
    await page.getByRole("heading", { name: "Queue" }).waitFor();
    expect(node.host.snapshot().node).toMatchObject({
      role: "both",
      name: "Attic",
    });
    expect(new URL(page.url()).searchParams.has("token")).toBe(false);
    await page.reload();
    await page.getByRole("heading", { name: "Queue" }).waitFor();
    expect(errors).toEqual([]);
    await page.context().close();
  });

  test("two computers are paired by a code, each through its own window", async () => {
    const master = await start("master", "both");
    const helper = await start("helper", "worker");
    const one = await openPage(browser, `${master.url}#workers`);
    await one.page.getByRole("button", { name: "Add a computer" }).click();
    const shown = await one.page.locator(".code").innerText();
    const two = await openPage(browser, `${helper.url}#settings`);
    await two.page.getByRole("button", { name: "Type an address" }).click();
    const port = String(master.node.listening?.port);
    await two.page.getByLabel("Address").fill(`127.0.0.1:${port}`);
    await two.page.locator("input[autocomplete=one-time-code]").focus();
    await two.page.keyboard.type(shown.replaceAll(/\D/g, ""));
    await two.page.getByText("Connected to master").waitFor();
    await one.page.getByText("helper helps now.").waitFor();
    await one.page.keyboard.press("Escape");
    await one.page.getByRole("article", { name: "helper" }).waitFor();
    expect([...one.errors, ...two.errors]).toEqual([]);
    await one.page.context().close();
    await two.page.context().close();
  });

  test("a film named by its path is encoded and stands in the history", async () => {
    const { node, url } = await start("queue", "both");
    await node.host.handle({
      type: "change-settings",
      change: {
        output: { folder, keepsSubfolders: false, nameTemplate: null },
      },
    });
    const { page, errors } = await openPage(browser, url);
    await page.getByRole("button", { name: "Add films" }).first().click();
    const { file } = await fixtureSource("closed-mp4", "ffmpeg");
    await page.getByLabel("Path of a file or folder").fill(file);
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByText(basename(file)).first().waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^Add( |$)/ })
      .click();
    await page.getByText(basename(file)).first().waitFor();
    await expect
      .poll(() => node.host.snapshot().jobs.map((job) => job.state), {
        timeout: 60_000,
      })
      .toEqual(["done"]);
    const [job] = node.host.snapshot().jobs;
    expect((await stat(job?.outputPath ?? "")).size).toBe(job?.outputBytes);
    await page.evaluate(`location.hash = "queue/${job?.jobId ?? ""}"`);
    await page.getByRole("heading", { name: basename(file) }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.evaluate('location.hash = "history"');
    await page.getByText("Films finished").waitFor();
    expect(errors).toEqual([]);
    await page.context().close();
    if (job) await rm(job.outputPath);
  });

  test("what a browser loads stays under 250 kB, compressed", async () => {
    const assets = join(bundleFolder, "assets");
    let bytes = 0;
    for (const name of await readdir(assets))
      bytes += gzipSync(await readFile(join(assets, name))).length;
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThan(250_000);
  });

  test("an owner's pause stops the worker, and its window says so", async () => {
    const { node, url } = await start("owner", "both");
    const { page } = await openPage(browser, `${url}#settings`);
    await page.getByRole("button", { name: "Pause for an hour" }).click();
    await page.getByText(/^Paused until/).waitFor();
    expect(node.host.snapshot().node.worker?.reason).toBe("paused");
    await page.getByRole("button", { name: "Go on now" }).click();
    await page.getByText("Ready to encode").waitFor();
    expect(node.host.snapshot().node.worker?.state).toBe("ready");
    await page.context().close();
  });

  test("a window whose node ends says so, and refuses a wrong key", async () => {
    const { node, url } = await start("short", "both");
    const { page } = await openPage(browser, url);
    await page.getByRole("heading", { name: "Queue" }).waitFor();
    const stranger = await openPage(
      browser,
      url.replace(/token=.*/, "token=x"),
    );
    await stranger.page.getByText("This window is not let in").waitFor();
    await stranger.page.context().close();
    await node.close();
    await page.getByText(/connection to Reelfarm is lost/).waitFor();
    await page.context().close();
  });

  test("axe finds nothing on any screen, light and dark, English and German", async () => {
    const { url } = await start("axe", "both");
    for (const [scheme, locale] of [
      ["light", "en-GB"],
      ["dark", "de-DE"],
    ] as const) {
      const { page, errors } = await openPage(browser, url, { scheme, locale });
      for (const screen of screens) {
        await page.evaluate(`location.hash = "${screen}"`);
        await page.locator("h1").waitFor();
        const problems = await accessibilityProblems(page);
        expect({ screen, scheme, problems }).toEqual({
          screen,
          scheme,
          problems: [],
        });
      }
      expect(errors).toEqual([]);
      await page.context().close();
    }
  });
});
