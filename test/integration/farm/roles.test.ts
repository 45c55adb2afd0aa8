/** A node that becomes something else while it runs. Real nodes, real encodes. */
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Failure } from "../../../src-main/core/errors.ts";
import type { RunningNode } from "../../../src-main/node.ts";
import type { UiJob, UiNode } from "../../../src-main/protocol/ui-contract.ts";
import { LoneNodes, until } from "../../fixtures/lone-nodes.ts";
import { fixtureSource } from "../../fixtures/sources.ts";

let nodes: LoneNodes;
beforeEach(async () => {
  nodes = await LoneNodes.open();
});
afterEach(() => nodes.close());

test("a master that helps elsewhere for a while keeps its queue and finishes it afterwards", async () => {
  const node = await nodes.start("node", { role: "master" });
  const jobId = await add(node, await source());
  expect(jobs(node)).toEqual([jobId]);

  await node.host.handle({ type: "set-role", role: "worker" });
  expect(view(node)).toMatchObject({ role: "worker", listening: null });
  expect(jobs(node)).toEqual([]);
  await expect(add(node, await source())).rejects.toThrow(Failure);

  await node.host.handle({ type: "set-role", role: "both" });
  expect(jobs(node)).toEqual([jobId]);
  expect(await finished(node, jobId)).toMatchObject({ state: "done" });
});

test("the role it was given is the role it has after a restart", async () => {
  const first = await nodes.start("node", { role: null });
  expect(view(first).role).toBe("undecided");
  await first.host.handle({ type: "set-role", role: "both" });
  await first.close();
  const second = await nodes.start("node", { role: null });
  expect(view(second)).toMatchObject({ role: "both" });
});

test("a node that cannot listen stays what it was", async () => {
  const taken = await nodes.start("taken", { role: "master" });
  const node = await nodes.start("node", {
    role: "worker",
    listen: { host: "127.0.0.1", port: taken.listening?.port ?? 0 },
  });
  await expect(
    node.host.handle({ type: "set-role", role: "both" }),
  ).rejects.toMatchObject({ code: "address-in-use" });
  expect(view(node)).toMatchObject({
    role: "worker",
    worker: { state: "ready" },
  });
});

test("its owner's limits stop a worker in the middle of an encode, and let it go on", async () => {
  const node = await nodes.start("node", { role: "both" });
  const jobId = await add(node, await source());
  await until(node, () => (view(node).worker?.heldAttempts ?? 0) > 0);
  const { limits } = view(node).settings;
  await node.host.handle({
    type: "change-settings",
    change: { limits: { ...limits, isEnabled: false } },
  });
  expect(view(node).worker).toMatchObject({
    state: "suspended",
    reason: "switched-off",
  });
  await until(node, () =>
    node.host.snapshot().workers.every((one) => one.state === "suspended"),
  );
  await node.host.handle({
    type: "change-settings",
    change: { limits: { ...limits, isEnabled: true } },
  });
  expect(await finished(node, jobId)).toMatchObject({ state: "done" });
});

test("a worker that knows two masters stays with the one it serves, gone or back, until a person says otherwise", async () => {
  const studio = await nodes.start("studio", { role: "master" });
  const attic = await nodes.start("attic", { role: "master" });
  const laptop = await nodes.start("laptop", { role: null });
  const masterOf = (): unknown => [
    view(laptop).masterName,
    view(laptop).masters.map(({ label, isServed }) => [label, isServed]),
  ];
  for (const master of [attic, studio]) {
    await joinBy(laptop, master);
    await until(master, () => workersOf(master) === 1);
  }
  expect(masterOf()).toEqual([
    "studio",
    [
      ["studio", true],
      ["attic", false],
    ],
  ]);
  await until(attic, () => workersOf(attic) === 0);

  const { deviceId, listening } = studio;
  await studio.close();
  await until(laptop, () => view(laptop).masterTrouble !== null);
  expect(workersOf(attic)).toBe(0);
  expect(view(laptop).masters[0]).toMatchObject({ isServed: true });
  const again = await nodes.start("studio", {
    role: "master",
    listen: listening!,
  });
  await until(again, () => workersOf(again) === 1);
  expect(workersOf(attic)).toBe(0);

  const choose = (master: RunningNode) =>
    laptop.host.handle({ type: "choose-master", deviceId: master.deviceId });
  await choose(attic);
  await until(attic, () => workersOf(attic) === 1);
  expect(masterOf()).toEqual([
    "attic",
    [
      ["attic", true],
      ["studio", false],
    ],
  ]);
  await until(again, () => workersOf(again) === 0);
  await laptop.host.handle({
    type: "forget-master",
    deviceId: attic.deviceId,
  });
  await until(again, () => workersOf(again) === 1);
  expect(view(laptop).masters.map((one) => one.deviceId)).toEqual([deviceId]);
});

/** Pairs with a link of the master's, as a person would. */
async function joinBy(worker: RunningNode, master: RunningNode): Promise<void> {
  const { text } = await master.host.handle({
    type: "start-pairing",
    means: "link",
    mustAsk: false,
  });
  await worker.host.handle({ type: "join-by-link", link: text });
}

const workersOf = (master: RunningNode): number =>
  master.host.snapshot().workers.filter(({ state }) => state !== "lost").length;

async function source(): Promise<string> {
  return (await fixtureSource("closed-mp4", "ffmpeg")).file;
}

async function add(node: RunningNode, file: string): Promise<string> {
  const { jobIds } = await node.host.handle({
    type: "add-job",
    sources: [file],
    presetName: "Fast 1080p",
    output: join(nodes.folder, "out.mp4"),
    overwrite: false,
    segmentS: null,
    priority: 0,
  });
  return jobIds[0] ?? "";
}

const view = (node: RunningNode): UiNode => node.host.snapshot().node;
const jobs = (node: RunningNode): string[] =>
  node.host.snapshot().jobs.map((job) => job.jobId);

async function finished(node: RunningNode, jobId: string): Promise<UiJob> {
  const find = (): UiJob | undefined =>
    node.host.snapshot().jobs.find((job) => job.jobId === jobId);
  await until(node, () => ["done", "failed"].includes(find()?.state ?? ""));
  return find() as UiJob;
}
