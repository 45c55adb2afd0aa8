/**
 * What goes wrong as a person meets it: a code, a sentence, a next step, and
 * nothing left behind. Through real nodes, and once through the command line.
 */
import { execFile, execFileSync } from "node:child_process";
import {
  appendFile,
  copyFile,
  mkdir,
  readFile,
  readdir,
  readlink,
  rm,
  unlink,
  writeFile,
} from "node:fs/promises";
import { basename, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { findPreset } from "../../../src-main/core/preset.ts";
import type { Preset } from "../../../src-main/core/recipe.ts";
import type {
  UiFailure,
  UiJob,
} from "../../../src-main/protocol/ui-contract.ts";
import { savePreset } from "../../../src-main/store/preset-folder.ts";
import { startFarm, type Farm } from "../../fixtures/farm.ts";
import { fixtureSource } from "../../fixtures/sources.ts";

const canMount = mountable();
if (!canMount) console.warn("no right to mount: two tests are left out");

const quick = variant("Quick", {});
const onNvidia = variant("On Nvidia", { encoder: "h264-nvenc" });

let farm: Farm;
let outputs: string;
beforeAll(async () => {
  farm = await startFarm({ workers: [{}, {}], presets: [quick, onNvidia] });
  outputs = join(farm.folder, "outputs");
  await mkdir(outputs);
});
afterAll(() => farm.close());
afterEach(async () => {
  await rm(outputs, { recursive: true });
  await mkdir(outputs);
});

describe("sources that cannot be used are refused at once", () => {
  test.each([
    ["not-media", "not-media", "choose another"],
    ["mp4-no-moov", "source-truncated", "again completely"],
    ["hls", "playlist-refused", "media files it names"],
    ["concat-script", "playlist-refused", "media files it names"],
    ["audio-only", "no-video", "Audio only"],
    ["encrypted-mp4", "source-encrypted", "copy protection"],
    ["encrypted-m4a", "source-encrypted", "copy protection"],
  ])("%s: %s", async (name, code, nextStep) => {
    const failure = await refusal(await sourceOf(name), `${name}.mp4`);
    expect(failure.code).toBe(code);
    expect(failure.text).not.toContain("{");
    expect(failure.text).toContain(basename(await sourceOf(name)));
    expect(failure.nextStep).toContain(nextStep);
    await expectNothingLeft();
  });

  test("a codec nobody knows: codec-unsupported", async () => {
    const bytes = await readFile(await sourceOf("closed-mp4"));
    for (const name of ["avc1", "avcC"]) {
      for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, at))
        bytes.write("zzzz", at, "latin1");
    }
    const source = join(farm.folder, "unknown-codec.mp4");
    await writeFile(source, bytes);
    const failure = await refusal(source, "unknown.mp4");
    expect(failure.code).toBe("codec-unsupported");
    expect(failure.nextStep).toContain("decoder");
    await expectNothingLeft();
  });

  test("a source that is not there: source-missing", async () => {
    const failure = await refusal(join(farm.folder, "gone.mkv"), "gone.mp4");
    expect(failure.code).toBe("source-missing");
    expect(failure.text).toContain("gone.mkv");
  });
});

describe("sources that can be used in part", () => {
  test("sound without pictures is fine for Audio only", async () => {
    const job = await done("audio-only", "sound.m4a", "Audio only");
    expect(job.failure).toBe(null);
    await unlink(job.outputPath);
  });

  test.each(["mkv-cut-60", "mp4-cut-60"])(
    "%s: what decodes is encoded, and the job says what is missing",
    async (name) => {
      const job = await done(name, `${name}.mp4`, "Quick");
      expect(job.failure).toBe(null);
      expect(job.notes.join(" ")).toMatch(/damaged|missing|cut off|corrupt/i);
      await unlink(job.outputPath);
      await expectNothingLeft();
    },
  );
});

test("a preset taken in while the node runs is there at once", async () => {
  await savePreset(join(farm.folder, "master"), { ...quick, name: "Late" });
  const job = await done("one-frame", "late.mp4", "Late");
  expect(job.failure).toBe(null);
  await unlink(job.outputPath);
});

describe("outputs that cannot be written", () => {
  test("one that exists is kept: output-exists", async () => {
    const output = join(outputs, "kept.mp4");
    await writeFile(output, "mine");
    const failure = await refusal(await sourceOf("closed-mp4"), "kept.mp4");
    expect(failure.code).toBe("output-exists");
    expect(failure.nextStep).toContain("--overwrite");
    expect(await readFile(output, "utf8")).toBe("mine");
    await unlink(output);
  });

  test("a folder that is none, or cannot be written to: output-not-writable", async () => {
    await writeFile(join(outputs, "file"), "");
    const source = await sourceOf("closed-mp4");
    const failure = await refusal(source, "file/film.mp4");
    expect(failure.code).toBe("output-not-writable");
    expect(failure.text).toContain("film.mp4");
    await unlink(join(outputs, "file"));
    await expectNothingLeft();
  });

  test.skipIf(!canMount)(
    "a drive that is read-only (needs the right to mount): output-not-writable, before any work",
    async () => {
      const drive = join(farm.folder, "read-only");
      await mkdir(drive);
      execFileSync("mount", ["-t", "tmpfs", "-o", "ro", "none", drive]);
      try {
        const source = await sourceOf("closed-mp4");
        const failure = await refusal(source, "../read-only/film.mp4");
        expect(failure.code).toBe("output-not-writable");
        expect(failure.text).toContain("film.mp4");
      } finally {
        execFileSync("umount", ["-l", drive]);
      }
      await expectNothingLeft();
    },
  );

  test("the source itself: output-is-source", async () => {
    const source = join(outputs, "film.mp4");
    await copyFile(await sourceOf("closed-mp4"), source);
    const before = await readFile(source);
    const failure = await refusal(source, "film.mp4", { overwrite: true });
    expect(failure.code).toBe("output-is-source");
    expect(await readFile(source)).toEqual(before);
    await unlink(source);
  });

  test("two jobs with the same output: the second is refused, the first goes on", async () => {
    const source = await sourceOf("closed-mp4");
    const output = join(outputs, "same.mp4");
    const first = await farm.add(source, output, "Quick");
    const failure = await refusal(source, "same.mp4", { overwrite: true });
    expect(failure.code).toBe("output-exists");
    expect(failure.text).toContain("another job");
    expect((await farm.finished(first)).failure).toBe(null);
    await unlink(output);
    await expectNothingLeft();
  });
});

describe("what changes during the job", () => {
  test.each([
    ["changed", "source-changed", (file: string) => appendFile(file, "x")],
    ["removed", "source-missing", (file: string) => unlink(file)],
  ])("a source that is %s: %s", async (how, code, change) => {
    const source = join(farm.folder, `${how}.mp4`);
    await copyFile(await sourceOf("closed-mp4"), source);
    const { host } = farm.master;
    await host.handle({ type: "pause-queue" });
    const output = join(outputs, `${how}-out.mp4`);
    const jobId = await farm.add(source, output, "Quick");
    await change(source);
    await host.handle({ type: "resume-queue" });
    const { state, failure } = await farm.finished(jobId);
    expect(state).toBe("failed");
    expect(failure?.code).toBe(code);
    expect(failure?.text).toContain(`${how}.mp4`);
    await expectNothingLeft();
  });

  test("an encoder nobody has: the job waits and says for what", async () => {
    const source = await sourceOf("closed-mp4");
    const output = join(outputs, "nvidia.mp4");
    const jobId = await farm.add(source, output, "On Nvidia");
    const isWaiting = ({ waitingFor }: UiJob): boolean =>
      waitingFor?.includes("nvenc") ?? false;
    const waiting = await until(jobId, isWaiting);
    expect(waiting.failure).toBe(null);
    await farm.master.host.handle({ type: "cancel-job", jobId });
    expect((await farm.finished(jobId)).state).toBe("cancelled");
    await expectNothingLeft();
  });
});

describe.skipIf(!canMount)("a full disk (needs the right to mount)", () => {
  test.each(["output folder", "work folder"])(
    "%s: the job stops, loses nothing, and goes on after space is freed",
    async (which) => {
      const full = join(farm.folder, "full-disk");
      const folder =
        which === "output folder" ? full : join(farm.folder, "master", "work");
      await mkdir(folder, { recursive: true });
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", folder]);
      try {
        const output = join(
          which === "output folder" ? full : outputs,
          "film.mp4",
        );
        const source = await sourceOf("closed-mp4");
        const jobId = await farm.add(source, output, "Quick");
        const stuck = await until(
          jobId,
          ({ state, waitingFor }) =>
            ["failed", "done"].includes(state) || /disk/.test(waitingFor ?? ""),
        );
        const reason = `${stuck.failure?.code ?? ""} ${stuck.waitingFor ?? ""}`;
        expect(reason).toContain("disk-full");
        execFileSync("mount", ["-o", "remount,size=64m", folder]);
        // What fails the stitch is retried by hand, what stops a part by itself.
        if (stuck.failure !== null)
          await farm.master.host.handle({ type: "retry-job", jobId });
        await until(jobId, ({ state }) => state !== "failed");
        expect((await farm.finished(jobId)).failure).toBe(null);
        await rm(output);
        expect(await readdir(full).catch(() => [])).toEqual([]);
      } finally {
        execFileSync("umount", ["-l", folder]);
      }
      await expectNothingLeft();
    },
  );
});

describe("the command line says the same", () => {
  test("not a media file", async () => {
    const source = await sourceOf("not-media");
    const { code, text } = await encodeByCommand(source, {});
    expect(code).not.toBe(0);
    expect(text).toContain("is not a video or audio file");
    expect(text).toContain("Check that the file plays");
    await expectNothingLeft();
  });

  test.each([
    ["missing", null, "No working ffmpeg was found"],
    ["too old", "ffmpeg version 4.2.1 Copyright", "too old"],
  ])("ffmpeg is %s", async (_, says, sentence) => {
    const program = join(farm.folder, "other-ffmpeg");
    if (says !== null)
      await writeFile(
        program,
        `#!/bin/sh\necho "${says}"\necho "libavcodec 58. 54.100 / 58. 54.100"\n`,
        { mode: 0o755 },
      );
    const source = await sourceOf("closed-mp4");
    const { code, text } = await encodeByCommand(source, {
      REELFARM_FFMPEG: program,
    });
    expect(code).not.toBe(0);
    expect(text).toContain(sentence);
    expect(text).toContain("Install ffmpeg 5.0 or newer");
    await rm(program, { force: true });
    await expectNothingLeft();
  });
});

function variant(name: string, video: object): Preset {
  const preset = findPreset("Fast 1080p");
  if (preset?.recipe.video.kind !== "encode") throw new Error("no such preset");
  const changed = { ...preset.recipe.video, effort: "ultrafast", ...video };
  return {
    ...preset,
    name,
    origin: "user",
    recipe: { ...preset.recipe, video: changed } as Preset["recipe"],
  };
}

async function sourceOf(name: string): Promise<string> {
  return (await fixtureSource(name, "ffmpeg")).file;
}

async function refusal(
  source: string,
  output: string,
  options: { overwrite?: boolean } = {},
): Promise<UiFailure> {
  const { jobIds, refused } = await farm.master.host.handle({
    type: "add-job",
    sources: [source],
    presetName: "Quick",
    output: join(outputs, output),
    overwrite: options.overwrite ?? false,
    segmentS: null,
    priority: 0,
  });
  expect(jobIds).toEqual([]);
  const [first] = refused;
  if (first === undefined) throw new Error("neither taken nor refused");
  return first.failure;
}

async function done(
  name: string,
  output: string,
  preset: string,
): Promise<UiJob> {
  const source = await sourceOf(name);
  const jobId = await farm.add(source, join(outputs, output), preset);
  return farm.finished(jobId);
}

function jobsNow(): readonly UiJob[] {
  return farm.master.host.snapshot().jobs;
}

/** Resolves when a job is as asked. */
function until(jobId: string, isSo: (job: UiJob) => boolean): Promise<UiJob> {
  return new Promise((resolve) => {
    const look = (): void => {
      const job = jobsNow().find((one) => one.jobId === jobId);
      if (job === undefined || !isSo(job)) return;
      stop();
      resolve(job);
    };
    const stop = farm.master.host.subscribe(() => queueMicrotask(look));
    queueMicrotask(look);
  });
}

/** No file in the output folder, and no program at work for this farm. */
async function expectNothingLeft(): Promise<void> {
  expect(await readdir(outputs)).toEqual([]);
  await expect.poll(programsOfFarm, { timeout: 10_000 }).toEqual([]);
}

/** Programs that run in a folder of this farm, or on a file of it. */
async function programsOfFarm(): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir("/proc").catch(() => [])) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const line = await readFile(`/proc/${name}/cmdline`, "utf8").catch(
      () => "",
    );
    const folder = await readlink(`/proc/${name}/cwd`).catch(() => "");
    const isOurs = line.includes(farm.folder) || folder.startsWith(farm.folder);
    if (isOurs && /ffmpeg|ffprobe/.test(line.split("\0")[0] ?? ""))
      found.push(line.replaceAll("\0", " "));
  }
  return found;
}

function mountable(): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4k", "none", "/mnt"], {
      stdio: "ignore",
    });
    execFileSync("umount", ["/mnt"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function encodeByCommand(
  source: string,
  env: NodeJS.ProcessEnv,
): Promise<{ code: number; text: string }> {
  const program = new URL("../../../dist/main/cli.js", import.meta.url)
    .pathname;
  const output = join(outputs, "by-command.mp4");
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, "encode", source, "-o", output, "--workers", "1"],
      {
        env: {
          ...process.env,
          ...env,
          XDG_DATA_HOME: join(farm.folder, "user"),
          HOME: join(farm.folder, "user"),
        },
      },
      (error, stdout, stderr) => {
        const code = typeof error?.code === "number" ? error.code : 0;
        resolve({ code, text: stdout + stderr });
      },
    );
  });
}
