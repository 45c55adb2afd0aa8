/** Pairing between whole nodes, while strangers attack and the farm encodes. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeIdentity } from "../../../src-main/net/identity.ts";
import { joinMaster } from "../../../src-main/net/pairing/pairing-client.ts";
import type { RunningNode } from "../../../src-main/node.ts";
import type { UiWorker } from "../../../src-main/protocol/ui-contract.ts";
import { LoneNodes, until } from "../../fixtures/lone-nodes.ts";
import { rawHello, rawTls, rawWebSocket } from "../../fixtures/raw-worker.ts";
import { fixtureSource } from "../../fixtures/sources.ts";

let nodes: LoneNodes;
let log: string[];
let master: RunningNode;
beforeEach(async () => {
  nodes = await LoneNodes.open();
  log = [];
  master = await nodes.start("studio", {
    role: "master",
    onLog: (line) => log.push(line),
  });
});
afterEach(() => nodes.close());

test("P12 a revoked worker is out at once, its work is done by others while strangers hammer, and only a new code lets it in again", async () => {
  const laptop = await nodes.start("laptop", { role: null });
  const tower = await nodes.start("tower", { role: null });
  for (const node of [laptop, tower]) await joinByCode(node);
  await until(master, () => rows().length === 2);
  const jobId = await add();
  await until(master, () => (rowOf(laptop)?.work.length ?? 0) > 0);
  await switchOff(laptop);

  const strangers = hammer();
  await master.host.handle({
    type: "revoke-device",
    deviceId: laptop.deviceId,
  });
  expect(rows().map((row) => row.workerId)).toEqual([tower.deviceId]);
  await until(master, () => job(jobId)?.state === "done");
  const { figures } = await master.host.handle({ type: "job-detail", jobId });
  expect(figures?.workers.map((one) => one.name)).toEqual(["tower"]);
  await strangers;

  await until(laptop, () => laptop.host.snapshot().node.masterTrouble !== null);
  expect(laptop.host.snapshot().node.masterTrouble).toContain("not paired");
  const refusals = log.filter(
    (line) =>
      line.includes(laptop.deviceId) && line.includes("peer-not-allowed"),
  );
  expect(refusals).toHaveLength(1);

  await joinByCode(laptop);
  await until(master, () => rows().length === 2);
});

test("P12 a worker set up anew has another id: its name does not help, a person's new code does", async () => {
  const before = await nodes.start("laptop", { role: null });
  await joinByCode(before);
  await until(master, () => rows().length === 1);
  await before.close();
  await rm(join(nodes.folder, "laptop"), { recursive: true });

  const after = await nodes.start("laptop", {
    role: "worker",
    master: { ...address(), deviceId: master.deviceId },
  });
  expect(after.deviceId).not.toBe(before.deviceId);
  await until(after, () => after.host.snapshot().node.masterTrouble !== null);
  expect(rows()).toEqual([]);

  const namesakes: string[] = [];
  const stop = master.host.subscribe(({ node }) =>
    namesakes.push(...(node?.pairing?.visit?.namesakeIds ?? [])),
  );
  const joining = joinByCode(after, true);
  await until(master, () => pairing()?.visit?.state === "asking");
  await master.host.handle({
    type: "answer-pairing",
    request: pairing()?.visit?.request ?? 0,
    accepts: true,
  });
  await joining;
  stop();
  expect(namesakes).toContain(before.deviceId);
  await until(master, () => rows().length === 1);
  expect(await devices()).toMatchObject([
    { name: "laptop", isConnected: false },
    { name: "laptop", isConnected: true, isWorker: true },
  ]);
});

test("P10 a join link pairs a machine without a person, once; names can be changed on both ends", async () => {
  const { text } = await master.host.handle({
    type: "start-pairing",
    means: "link",
    mustAsk: false,
  });
  const laptop = await nodes.start("laptop", { role: null });
  const joined = await laptop.host.handle({ type: "join-by-link", link: text });
  expect(joined).toMatchObject({ masterId: master.deviceId, name: "studio" });
  const other = await nodes.start("other", { role: null });
  await expect(
    other.host.handle({ type: "join-by-link", link: text }),
  ).rejects.toMatchObject({ code: "pairing-closed" });
  await until(master, () => rows().length === 1);

  const { deviceId } = laptop;
  await master.host.handle({ type: "rename-device", deviceId, name: "Ben's" });
  expect(rows()[0]?.name).toBe("Ben's");
  await laptop.host.handle({ type: "rename-node", name: "kitchen" });
  expect(laptop.host.snapshot().node.name).toBe("kitchen");
});

test("P11 a worker of another version is listed with what to update, and gets nothing", async () => {
  const laptop = makeIdentity();
  const { text } = await code(false);
  await joinMaster({
    identity: laptop,
    hello: { appVersion: "0.1.0", name: "laptop" },
    address: address(),
    means: "code",
    secret: text,
    masterId: null,
    signal: new AbortController().signal,
  });
  const wire = await rawTls(address().port, laptop);
  const control = await rawWebSocket(wire, "/control");
  if (!("send" in control)) throw new Error("turned away");
  const reelfarm = { ...rawHello.reelfarm, lowest: 7, highest: 9 };
  control.send(
    JSON.stringify({ reelfarm: { ...reelfarm, appVersion: "9.0.0" } }),
  );
  await until(master, () => rows().length === 1);
  expect(rows()[0]).toMatchObject({ name: "laptop", state: "outdated" });
  expect(rows()[0]?.idleReason).toContain("9.0.0");

  const jobId = await add();
  await until(
    master,
    () => job(jobId)?.waitingFor === "No worker is connected.",
  );
  expect(rows()[0]).toMatchObject({ state: "outdated", slots: 0, work: [] });
});

/** Guesses, rubbish and strangers' knocks, one after the other. */
async function hammer(): Promise<void> {
  await code(false);
  for (let n = 0; n < 6; n += 1) {
    const identity = makeIdentity();
    await expect(
      joinMaster({
        identity,
        hello: { appVersion: "0.1.0", name: "laptop" },
        address: address(),
        means: "code",
        secret: `00000${n}`,
        masterId: null,
        signal: new AbortController().signal,
      }),
    ).rejects.toThrow();
    const wire = await rawTls(address().port, identity);
    const control = await rawWebSocket(wire, "/control");
    expect(control).toMatchObject({ refused: "peer-not-allowed" });
  }
}

const address = () => ({
  host: "127.0.0.1",
  port: master.listening?.port ?? 0,
});
const code = (mustAsk: boolean) =>
  master.host.handle({ type: "start-pairing", means: "code", mustAsk });
const pairing = () => master.host.snapshot().node.pairing;
const devices = () => master.host.handle({ type: "list-devices" });
const rows = (): readonly UiWorker[] => master.host.snapshot().workers;
const job = (jobId: string) =>
  master.host.snapshot().jobs.find((one) => one.jobId === jobId);
const rowOf = (node: RunningNode): UiWorker | undefined =>
  rows().find((row) => row.workerId === node.deviceId);

async function joinByCode(node: RunningNode, mustAsk = false): Promise<void> {
  const { text } = await code(mustAsk);
  await node.host.handle({ type: "join-by-code", ...address(), code: text });
}

async function switchOff(node: RunningNode): Promise<void> {
  const { limits } = node.host.snapshot().node.settings;
  await node.host.handle({
    type: "change-settings",
    change: { limits: { ...limits, isEnabled: false } },
  });
}

async function add(): Promise<string> {
  const { file } = await fixtureSource("closed-mp4", "ffmpeg");
  const { jobIds } = await master.host.handle({
    type: "add-job",
    sources: [file],
    presetName: "Fast 1080p",
    output: join(nodes.folder, "out.mp4"),
    overwrite: false,
    segmentS: 0.5,
    priority: 0,
  });
  return jobIds[0] ?? "";
}
