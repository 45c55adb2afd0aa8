/** What a person sees of a job that failed, and of a node that went away. */
import { createServer } from "node:http";
import { basename } from "node:path";
import type { Locator, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { accessibilityProblems } from "../fixtures/browser.ts";
import {
  drillBinaries,
  drillClip,
  framesPerSecond,
  scriptFfmpeg,
} from "../fixtures/drill-media.ts";
import {
  addJobs,
  expectSoon,
  hasNoBrowser,
  onlyJob,
  rowOf,
  Windows,
} from "../fixtures/windows.ts";

describe.skipIf(hasNoBrowser)("when something goes wrong", () => {
  const windows = new Windows();

  test("a job that failed says what, where and what to do, shows its log, and only what failed is tried again", async () => {
    const ffmpeg = await failingFfmpeg(true);
    // With one worker only there is nobody else to try it.
    const scheduler = { workersPerTask: 1 };
    const farm = await windows.start("den", "both", { ffmpeg, scheduler });
    const file = await drillClip({ durationS: 12 });
    const name = basename(file);
    await addJobs(farm, [file], { segmentS: 4 });
    const page = await windows.open(farm);
    const { failure, jobId } = await onlyJob(farm, "failed");
    const row = rowOf(page, name);
    await row.getByText(failure?.text ?? "?").waitFor();
    await row.getByRole("link", { name }).click();
    const notice = page.getByRole("alert").filter({ hasText: "It failed" });
    await notice.getByText(failure?.text ?? "?").waitFor();
    await notice.getByText("The log has what happened on each.").waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await notice.getByRole("button", { name: "Show the log" }).click();
    const log = page.getByRole("list", { name: "Log" });
    await expectSoon(() => isInSight(page, log)).toBe(true);
    // On which computer, and in the encoder's own words.
    expect(await log.innerText()).toMatch(/den.*the disk of this one is full/);
    await failingFfmpeg(false);
    await notice
      .getByRole("button", { name: "Retry only what failed" })
      .click();
    await notice.waitFor({ state: "hidden" });
    await onlyJob(farm, "done");
    await page.getByText("Done", { exact: true }).waitFor();
    const { figures, log: lines } = await farm.node.host.handle({
      type: "job-detail",
      jobId,
    });
    // Nothing that was verified before was made again.
    const verified = lines.flatMap(({ text }) =>
      (/from den: (\d+) frames/.exec(text)?.slice(1) ?? []).map(Number),
    );
    expect(verified.length).toBeGreaterThan(1);
    const frames = 12 * framesPerSecond;
    expect(verified.reduce((sum, part) => sum + part)).toBe(frames);
    expect(figures).toMatchObject({ frames, wastedFrames: 0 });
  });

  test("a window finds its node again that was started anew, but tells its key to nothing else on that port", async () => {
    const farm = await windows.start("den", "master");
    const file = await drillClip({ durationS: 2 });
    await addJobs(farm, [file]);
    const page = await windows.open(farm, "queue", { mayReport: true });
    await rowOf(page, basename(file)).waitFor();
    await farm.node.close();
    await page.getByText(/connection to Reelfarm is lost/).waitFor();
    // What was known stays in sight meanwhile.
    await rowOf(page, basename(file)).waitFor();
    const again = await windows.start("den", "master");
    expect(again.url.split("?")[0]).toBe(farm.url.split("?")[0]);
    await page
      .getByText(/connection to Reelfarm is lost/)
      .waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Pause the queue" }).click();
    await page.getByText("The queue is paused.").first().waitFor();
    expect(again.node.host.snapshot().node.queuePaused).toBe(true);
    await again.node.close();
    const asked: string[] = [];
    const stranger = createServer((request, response) => {
      asked.push(`${request.url} ${JSON.stringify(request.headers)}`);
      response.end('{"ok":true,"proof":"0"}');
    });
    stranger.on("upgrade", (request) => asked.push(`dialled ${request.url}`));
    stranger.listen(Number(new URL(farm.url).port), "127.0.0.1");
    try {
      await page.getByText("This window is not let in").waitFor();
      expect(asked.length).toBeGreaterThan(0);
      const { token } = again.node.ui ?? { token: "" };
      expect(token).not.toBe("");
      expect(asked.join(" ")).not.toContain(token);
      expect(asked.join(" ")).not.toContain("dialled");
    } finally {
      stranger.close();
      stranger.closeAllConnections();
    }
  });
});

/** Real but for this: sick, it can encode the beginning of a film only. */
async function failingFfmpeg(isSick: boolean): Promise<string> {
  const { ffmpeg } = await drillBinaries();
  return scriptFfmpeg(
    "sick",
    [
      ...(isSick
        ? [
            'case " $* " in *" -f nut "*"trim=start="*)',
            'echo "the disk of this one is full" >&2; exit 1 ;;',
            "esac",
          ]
        : []),
      `exec '${ffmpeg}' "$@"`,
    ].join("\n"),
  );
}

/** Some of it, at least. */
async function isInSight(page: Page, what: Locator): Promise<boolean> {
  const box = await what.boundingBox();
  const height = page.viewportSize()?.height ?? 0;
  return box !== null && box.y < height && box.y + box.height > 0;
}
