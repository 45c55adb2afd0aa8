/** What people ask of the queue, through real nodes whose encodes are held as long as a test needs. */
import { copyFile, mkdir, rename, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { drillClip } from "../../fixtures/drill-media.ts";
import { losslessPreset } from "../../fixtures/lossless-preset.ts";
import { QueueFarm, seen } from "../../fixtures/queue-farm.ts";

let queue: QueueFarm;
beforeAll(async () => {
  queue = await QueueFarm.start();
});
afterAll(() => queue.close());
afterEach(() => queue.tidy());

describe("who works for a job", () => {
  test("only the chosen worker gets parts; another choice moves them, also while the job waits", async () => {
    const [one, two] = [queue.idOf("worker-1"), queue.idOf("worker-2")];
    await queue.hold();
    const job = await queue.add({ allowedWorkers: [one] });
    const other = await queue.add();
    await queue.isAtWork(job, "worker-1");
    await queue.isAtWork(other, "worker-2");
    const choose = (jobId: string, workerId: string) =>
      queue.ask({ type: "choose-workers", jobId, workerIds: [workerId] });
    await choose(job, two);
    await choose(other, one);
    expect(await queue.atWorkFor(job)).not.toContain("worker-1");
    await queue.release();
    expect(await queue.state(job)).toBe("done");
    expect(await queue.state(other)).toBe("done");
    expect(await queue.makers(job)).toEqual(["worker-2"]);
    expect(await queue.makers(other)).toEqual(["worker-1"]);
    expect(queue.row(job).allowedWorkers).toEqual([two]);
  });

  test("jobs whose chosen worker is away say so, let others by, and go on when it is back", async () => {
    const allowedWorkers = [queue.idOf("worker-2")];
    await queue.farm.workers[1]?.close();
    await seen(() => queue.worker("worker-2") === undefined);
    const jobs: string[] = [];
    for (let count = 0; count < 3; count++)
      jobs.push(await queue.add({ allowedWorkers }, queue.shortClip));
    const away = "None of the workers chosen for it is connected.";
    await seen(() => jobs.every((id) => queue.row(id).waitingFor === away));
    await seen(
      () =>
        queue.worker("worker-1")?.idleReason ===
        "The jobs in the queue are meant for other workers.",
    );
    const anybodys = await queue.add({}, queue.shortClip);
    expect(await queue.state(anybodys)).toBe("done");
    await queue.farm.restartWorker(1);
    for (const id of jobs) expect(await queue.state(id)).toBe("done");
  });

  test("a drained worker gets nothing until a person takes that back, over its absence and the master's restart", async () => {
    await queue.drain("worker-2", true);
    await queue.farm.restartWorker(1);
    await seen(() => queue.worker("worker-2")?.state === "draining");
    await queue.farm.restartMaster();
    await queue.allHere();
    expect(queue.worker("worker-2")).toMatchObject({
      state: "draining",
      idleReason: "It finishes what it has and takes nothing new.",
    });
    const job = await queue.add({}, queue.shortClip);
    expect(await queue.state(job)).toBe("done");
    expect(await queue.makers(job)).toEqual(["worker-1"]);
    const allowedWorkers = [queue.idOf("worker-2")];
    const waits = await queue.add({ allowedWorkers }, queue.shortClip);
    await seen(
      () =>
        queue.row(waits).waitingFor ===
        "Every worker that could do it finishes what it has and takes nothing new.",
    );
    await queue.drain("worker-2", false);
    expect(await queue.state(waits)).toBe("done");
  });
});

describe("the order of the queue", () => {
  test("follows priority from 5 to -5, then place, also after a restart of the master", async () => {
    const { farm, valves } = queue;
    const allowedWorkers = [queue.idOf("worker-1")];
    await queue.ask({ type: "pause-queue" });
    const ids: string[] = [];
    for (const name of ["low", "second", "first", "high"]) {
      const source = join(farm.folder, `${name}.mp4`);
      await copyFile(queue.shortClip, source);
      ids.push(await queue.add({ allowedWorkers, segmentS: null }, source));
    }
    const [low = "", second = "", first = "", high = ""] = ids;
    await queue.ask({ type: "prioritise-job", jobId: low, priority: -5 });
    await queue.ask({ type: "prioritise-job", jobId: high, priority: 5 });
    await queue.ask({ type: "move-job", jobId: first, beforeJobId: second });
    await farm.restartMaster();
    await queue.allHere();
    expect(queue.jobIds).toEqual([low, first, second, high]);
    expect(ids.map((id) => queue.row(id).priority)).toEqual([-5, 0, 0, 5]);
    const valve = valves["worker-1"];
    let passed = (await valve.encodes()).length;
    await valve.hold(passed);
    await queue.ask({ type: "resume-queue" });
    const begun: string[] = [];
    const next = (): string | undefined =>
      queue
        .worker("worker-1")
        ?.work.find((one) => !one.endsWith(", audio") && !begun.includes(one));
    while (begun.length < ids.length) {
      await seen(() => next() !== undefined);
      begun.push(next() ?? "");
      await valve.hold(++passed);
    }
    expect(begun.map((one) => one.split(".")[0])).toEqual([
      ...["high", "first", "second", "low"],
    ]);
  });

  test("a paused job gives its workers to the next and goes on when it may", async () => {
    await queue.hold();
    const job = await queue.add();
    await queue.isAtWork(job, "worker-1", "worker-2");
    const next = await queue.add();
    await queue.ask({ type: "pause-job", jobId: job });
    expect(queue.row(job)).toMatchObject({ state: "paused" });
    await queue.isAtWork(next, "worker-1", "worker-2");
    expect(await queue.atWorkFor(job)).toEqual([]);
    expect(queue.row(job).waitingFor).toBe("It is paused.");
    await queue.ask({ type: "resume-job", jobId: job });
    await queue.release();
    expect(await queue.state(job)).toBe("done");
  });

  test("a paused queue ends what is at work and begins nothing, over a restart as well", async () => {
    await queue.hold();
    const job = await queue.add();
    await queue.isAtWork(job, "worker-1", "worker-2");
    await queue.ask({ type: "pause-queue" });
    await queue.release();
    await seen(async () => (await queue.atWorkFor(job)).length === 0);
    const { segments } = await queue.farm.detail(job);
    expect(segments.some(({ state }) => state === "waiting")).toBe(true);
    expect(segments.some(({ state }) => state === "verified")).toBe(true);
    expect(queue.row(job).waitingFor).toBe("The queue is paused.");
    await queue.farm.restartMaster();
    expect(queue.farm.master.host.snapshot().node.queuePaused).toBe(true);
    await queue.ask({ type: "resume-queue" });
    expect(await queue.state(job)).toBe("done");
  });

  test("a small job waits behind huge ones until it is given a share, which is kept over a restart", async () => {
    await queue.hold();
    const share = (change: { smallJobShare: number; stealing: boolean }) =>
      queue.ask({ type: "change-queue-settings", change });
    await share({ smallJobShare: 0, stealing: false });
    const huge = await drillClip({ durationS: 48 });
    const first = await queue.add({}, huge);
    const second = await queue.add({}, huge);
    await queue.isAtWork(first, "worker-1", "worker-2");
    const small = await queue.add({}, queue.shortClip);
    expect(queue.row(small)).toMatchObject({
      state: "waiting",
      waitingFor: "It comes after clip-48.mp4.",
    });
    await share({ smallJobShare: 0.5, stealing: false });
    await queue.valves["worker-2"].release();
    expect(await queue.state(small)).toBe("done");
    const { segments } = await queue.farm.detail(first);
    expect(segments.some(({ state }) => state === "waiting")).toBe(true);
    expect(queue.row(second).progressRatio).toBe(0);
    await queue.ask({ type: "cancel-queue" });
    await queue.farm.restartMaster();
    expect(await queue.ask({ type: "queue-settings" })).toEqual({
      ...{ smallJobShare: 0.5, stealing: false, duplicates: true },
    });
    await share({ smallJobShare: 0, stealing: true });
    await queue.allHere();
  });
});

describe("ends and second tries", () => {
  test("a removed job can be put back where it was, and is done then; not when its output is another's by now", async () => {
    await queue.hold();
    const before = await queue.add();
    const job = await queue.add();
    const behind = await queue.add();
    const output = queue.row(job).outputPath;
    const ids = [before, job, behind];
    await queue.isAtWork(before, "worker-1", "worker-2");
    const restore = () => queue.ask({ type: "restore-job", jobId: job });
    await queue.ask({ type: "remove-job", jobId: job });
    expect(queue.jobIds).toEqual([before, behind]);
    const usurper = await queue.add({ output });
    await expect(restore()).rejects.toMatchObject({ code: "output-exists" });
    await queue.ask({ type: "remove-job", jobId: usurper });
    await restore();
    expect(queue.jobIds).toEqual(ids);
    await expect(restore()).rejects.toMatchObject({ code: "job-unknown" });
    await queue.ask({ type: "cancel-job", jobId: before });
    await queue.release();
    expect(await queue.state(job)).toBe("done");
  });

  test("all jobs are cancelled at once; only what is over is taken off the list", async () => {
    await queue.hold();
    const jobs = [await queue.add(), await queue.add(), await queue.add()];
    await queue.isAtWork(jobs[0] ?? "", "worker-1", "worker-2");
    expect(await queue.ask({ type: "cancel-queue" })).toEqual({ jobIds: jobs });
    expect(jobs.map((id) => queue.row(id).state)).toEqual([
      ...["cancelled", "cancelled", "cancelled"],
    ]);
    expect(await queue.ask({ type: "retry-failed" })).toEqual({ jobIds: [] });
    const open = await queue.add();
    expect(await queue.ask({ type: "remove-ended" })).toEqual({ jobIds: jobs });
    expect(queue.jobIds).toEqual([open]);
    await queue.isAtWork(open, "worker-1", "worker-2");
  });

  test("what failed is tried again together: not what was cancelled, nor what another job writes by now", async () => {
    const { farm } = queue;
    const source = join(farm.folder, "moved.mp4");
    await copyFile(queue.shortClip, source);
    await queue.ask({ type: "pause-queue" });
    const job = await queue.add({}, source);
    const cancelled = await queue.add();
    const usurped = await queue.add({}, source);
    await queue.ask({ type: "cancel-job", jobId: cancelled });
    await rename(source, `${source}.away`);
    await queue.ask({ type: "resume-queue" });
    for (const id of [job, usurped])
      expect((await farm.finished(id)).failure?.code).toBe("source-missing");
    await rename(`${source}.away`, source);
    await queue.hold();
    await queue.add({ output: queue.row(usurped).outputPath });
    expect(await queue.ask({ type: "retry-failed" })).toEqual({
      jobIds: [job],
    });
    await expect(
      queue.ask({ type: "retry-job", jobId: usurped }),
    ).rejects.toMatchObject({ code: "output-exists" });
    await queue.release();
    expect(await queue.state(job)).toBe("done");
    expect(queue.row(cancelled).state).toBe("cancelled");
  });

  test("a second try encodes nothing again that is verified", async () => {
    const valve = queue.valves["worker-1"];
    const begun = (await valve.encodes()).length;
    await valve.hold(begun + 3);
    const job = await queue.add({ allowedWorkers: [queue.idOf("worker-1")] });
    const verified = async () =>
      (await queue.farm.detail(job)).segments.filter(
        ({ kind, state }) => kind === "video" && state === "verified",
      ).length;
    await seen(async () => (await verified()) === 3);
    await seen(async () => (await valve.encodes()).length === begun + 4);
    await valve.fail();
    await valve.release();
    expect((await queue.farm.finished(job)).failure?.code).toBe(
      "failed-everywhere",
    );
    await valve.heal();
    const before = (await valve.encodes()).length;
    await queue.ask({ type: "retry-job", jobId: job });
    expect(await queue.state(job)).toBe("done");
    const { figures } = await queue.farm.detail(job);
    expect(figures?.frames).toBe(360);
    expect((await valve.encodes()).length - before).toBe(1);
  });
});

describe("what is added", () => {
  test("folders bring their media files, and tell what they leave out", async () => {
    const folder = join(queue.farm.folder, "holiday");
    await mkdir(join(folder, "day 2"), { recursive: true });
    const small = queue.shortClip;
    await copyFile(small, join(folder, "day 2", "b.mp4"));
    await copyFile(small, join(folder, "a.mp4"));
    await writeFile(join(folder, "notes.txt"), "no film");
    await writeFile(join(folder, ".hidden.mp4"), "");
    const answer = await queue.ask({
      type: "add-job",
      ...{
        sources: [folder],
        presetName: "Lossless MOV",
        output: `${queue.farm.folder}/`,
      },
      ...{ overwrite: false, segmentS: null, priority: 0 },
      nameTemplate: "{folder} {preset}",
    });
    expect(answer.refused).toEqual([]);
    expect(answer.skipped).toEqual([
      { path: join(folder, ".hidden.mp4"), reason: "It is hidden." },
      {
        path: join(folder, "notes.txt"),
        reason: ".txt is no media file's ending.",
      },
    ]);
    const outputs = answer.jobIds.map((id) =>
      basename(queue.row(id).outputPath),
    );
    expect(outputs).toEqual([
      "holiday Lossless MOV.mov",
      "day 2 Lossless MOV.mov",
    ]);
  });

  test("names that are taken get a number: by a file, or by a job of the queue", async () => {
    await queue.hold();
    await writeFile(join(queue.farm.folder, "Same.mov"), "mine");
    const names = [];
    for (let turn = 0; turn < 2; turn++) {
      const id = await queue.add({
        output: `${queue.farm.folder}/`,
        nameTemplate: "same",
      });
      names.push(basename(queue.row(id).outputPath));
    }
    expect(names).toEqual(["same (2).mov", "same (3).mov"]);
  });

  test("settings of one job alone take the place of a preset's", async () => {
    const recipe = {
      ...losslessPreset.recipe,
      audio: { kind: "none" },
    } as const;
    const job = await queue.add(
      { recipe, presetName: "Mute" },
      queue.shortClip,
    );
    expect(await queue.farm.finished(job)).toMatchObject({
      state: "done",
      presetName: "Mute",
    });
    const facts = await queue.ask({
      type: "probe",
      path: queue.row(job).outputPath,
    });
    expect(facts.audio).toEqual([]);
  });

  test("presets are kept, given out, taken in and removed", async () => {
    const named = async () =>
      (await queue.ask({ type: "presets" })).map(({ name }) => name);
    await queue.ask({
      type: "save-preset",
      preset: { ...losslessPreset, name: "Mine" },
    });
    expect(await named()).toContain("Mine");
    const file = await queue.ask({ type: "export-preset", name: "Mine" });
    expect(file.fileName).toBe("mine.json");
    await queue.ask({ type: "delete-preset", name: "Mine" });
    expect(await named()).not.toContain("Mine");
    const read = await queue.ask({ type: "import-presets", ...file });
    expect(read.imported).toMatchObject([
      { name: "Mine", recipe: losslessPreset.recipe },
    ]);
    expect(await named()).toContain("Mine");
    await expect(
      queue.ask({ type: "delete-preset", name: "Web" }),
    ).rejects.toMatchObject({
      code: "preset-unknown",
    });
  });
});
