import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startNode, type RunningNode } from "../../../src-main/node.ts";
import type { UiUploaded } from "../../../src-main/protocol/ui-media.ts";
import { fixtureSource } from "../../fixtures/sources.ts";

let folder: string;
let node: RunningNode;

const start = (): Promise<RunningNode> =>
  startNode({
    dataFolder: join(folder, "node"),
    role: "both",
    name: "attic",
    listen: { host: "127.0.0.1", port: 0 },
    ui: { host: "127.0.0.1", port: 0 },
    master: null,
    allow: [],
    ffmpeg: null,
    ffprobe: null,
    slots: 1,
    threads: 1,
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "reelfarm-finished-"));
  node = await start();
});
afterAll(async () => {
  await node.close();
  await rm(folder, { recursive: true, force: true });
});

const history = () =>
  node.host.handle({ type: "history", before: null, limit: 10 });

async function upload(file: string): Promise<string> {
  const { url, token } = node.ui ?? { url: "", token: "" };
  const answer = await fetch(`${url}upload?name=${basename(file)}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: await readFile(file),
  });
  const uploaded = (await answer.json()) as UiUploaded;
  if ("failure" in uploaded) throw new Error(uploaded.failure.text);
  return uploaded.path;
}

test("an uploaded film is encoded to where people look, and its history outlives row and restart", async () => {
  const outputFolder = join(folder, "films");
  await mkdir(outputFolder);
  await node.host.handle({
    type: "change-settings",
    change: {
      output: {
        folder: outputFolder,
        keepsSubfolders: true,
        nameTemplate: null,
      },
    },
  });
  const source = await upload(
    (await fixtureSource("pal-aspect", "ffmpeg")).file,
  );
  const { jobIds, refused } = await node.host.handle({
    type: "add-job",
    sources: [source],
    presetName: "Fast 1080p",
    output: null,
    overwrite: false,
    segmentS: null,
    priority: 0,
  });
  expect(refused).toEqual([]);
  await expect
    .poll(() => node.host.snapshot().jobs[0]?.state, { timeout: 60_000 })
    .toBe("done");
  const [job] = node.host.snapshot().jobs;
  expect(dirname(job?.outputPath ?? "")).toBe(outputFolder);
  const thumbnail = await node.host.handle({
    type: "frame",
    of: { jobId: jobIds[0] ?? "", side: "output" },
    atS: null,
    widthPx: 64,
  });
  expect(thumbnail.widthPx).toBe(64);
  const before = await history();
  expect(before.jobs).toMatchObject([
    { jobId: jobIds[0], outputBytes: job?.outputBytes },
  ]);
  expect(before.totals.workers).toEqual([
    { name: "attic", frames: expect.any(Number) as number },
  ]);

  await node.close();
  node = await start();
  expect(await history()).toEqual(before);
  await node.host.handle({ type: "remove-job", jobId: jobIds[0] ?? "" });
  expect((await history()).jobs).toHaveLength(1);
  await node.host.handle({ type: "clear-history" });
  expect((await history()).totals.jobs).toBe(0);
});

test("no output is put among uploads", async () => {
  const source = await upload(
    (await fixtureSource("pal-aspect", "ffmpeg")).file,
  );
  const { refused } = await node.host.handle({
    type: "add-job",
    sources: [source],
    presetName: "Fast 1080p",
    output: join(dirname(source), "film.mp4"),
    overwrite: false,
    segmentS: null,
    priority: 0,
  });
  expect(refused).toMatchObject([{ failure: { code: "output-not-writable" } }]);
});
