/**
 * A home with real nodes, from the first look around to a master that was
 * replaced: whole programs on a network of namespaces, found by announcements,
 * joined with a code.
 */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DrillLan } from "../fixtures/drill-lan.ts";
import { differenceToSource, drillClip } from "../fixtures/drill-media.ts";
import { HomeComputer } from "../fixtures/home-computer.ts";
import { losslessPreset } from "../fixtures/lossless-preset.ts";
import { hasNamespaces } from "../fixtures/namespaces.ts";

let folder: string;
let lan: DrillLan;
let computers: HomeComputer[];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "reelfarm-home-"));
  lan = await DrillLan.open(3);
  computers = [];
});
afterEach(async () => {
  const ends = await Promise.allSettled(computers.map((one) => one.end()));
  lan.close();
  await rm(folder, { recursive: true, force: true });
  const failed = ends.find((end) => end.status === "rejected");
  if (failed) throw failed.reason;
});

describe.runIf(hasNamespaces)("a home", () => {
  test("a worker joins a master it sees, and stays with it when that moves, has a rival, dies and comes back", async () => {
    const studio = await computer(0, "studio", "master");
    const laptop = await computer(1, "laptop", "worker");
    await Promise.all([studio.start(), laptop.start()]);
    const studioId = await idOf(studio);

    const seen = await laptop.waitFor("the master in its list", ({ node }) =>
      node.seenPeers.find((peer) => peer.deviceId === studioId),
    );
    expect(seen).toMatchObject({ name: null, isCompatible: true });
    expect(seen.hostName).toBe(hostname().split(".")[0]);
    expect(seen.addresses[0]).toBe("10.98.0.1:47600");
    const { text } = JSON.parse(await studio.type("pair", "--json")) as {
      text: string;
    };
    await laptop.type("join", seen.addresses[0] ?? "", "--code", text);
    await studio.waitFor("the worker", ({ workers }) => workers.length === 1);

    const source = await drillClip({ durationS: 24 });
    const first = await addJob(studio, source);
    await studio.waitFor("its first frames", ({ jobs }) =>
      jobs.some(({ progressRatio }) => progressRatio > 0.1),
    );
    lan.moveTo(0, "10.98.0.77");
    await finished(studio, first);
    expect(await differenceToSource(source, first.output)).toBeNull();
    await laptop.waitFor("the new address", ({ node }) =>
      node.masters.some(({ address }) => address === "10.98.0.77:47600"),
    );

    const attic = await computer(2, "attic", "master");
    await attic.start();
    const atticId = await idOf(attic);
    const both = await laptop.waitFor("both masters", ({ node }) =>
      node.seenPeers.length === 2 ? node : null,
    );
    expect(
      both.seenPeers.map(({ deviceId, name }) => [deviceId, name]),
    ).toEqual(
      [
        [studioId, "studio"],
        [atticId, null],
      ].sort(),
    );
    expect(both).toMatchObject({
      masterState: "connected",
      masterName: "studio",
    });

    await studio.kill9();
    await laptop.waitFor(
      "the loss of its master",
      ({ node }) => node.masterState === "connecting",
    );
    await studio.start();
    const second = await addJob(studio, await drillClip({ durationS: 6 }));
    await finished(studio, second);
    await attic.waitFor("no worker", ({ workers }) => workers.length === 0);
    await nothingLeft([first, second]);
  }, 240_000);
});

/** But the outputs, what the computers keep, and the ways to them. */
async function nothingLeft(jobs: readonly AddedJob[]): Promise<void> {
  const outputs = jobs.map(({ output }) => path.basename(output));
  await vi.waitFor(
    async () => {
      const left = (await readdir(folder)).filter(
        (name) =>
          !outputs.includes(name) && !/^(studio|laptop|attic)/.test(name),
      );
      for (const one of computers) left.push(...(await one.leftovers()));
      expect(left).toEqual([]);
    },
    { timeout: 10_000, interval: 200 },
  );
}

async function computer(
  at: number,
  name: string,
  role: "master" | "worker",
): Promise<HomeComputer> {
  const one = await HomeComputer.open({ lan, at, folder, name, role });
  computers.push(one);
  return one;
}

function idOf(one: HomeComputer): Promise<string> {
  return one.waitFor("its id", ({ node }) => node.deviceId);
}

interface AddedJob {
  readonly jobId: string;
  readonly output: string;
}

async function addJob(master: HomeComputer, source: string): Promise<AddedJob> {
  const output = path.join(folder, `${path.basename(source, ".mp4")}.mov`);
  const { jobIds } = await master.ask({
    type: "add-job",
    sources: [source],
    presetName: losslessPreset.name,
    output,
    overwrite: false,
    segmentS: 4,
    priority: 0,
  });
  return { jobId: jobIds[0] ?? "", output };
}

async function finished(
  master: HomeComputer,
  { jobId }: AddedJob,
): Promise<void> {
  const { state, failure } = await master.waitFor(
    "the end of the job",
    ({ jobs }) =>
      jobs.find(
        (job) =>
          job.jobId === jobId &&
          ["done", "failed", "cancelled"].includes(job.state),
      ),
    120_000,
  );
  if (state !== "done") throw master.told(`${state}: ${failure?.text ?? ""}`);
}
