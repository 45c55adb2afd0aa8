import { expect, it } from "vitest";
import { isDeviceId } from "../../../src-main/core/identifiers.ts";
import type { DeviceId } from "../../../src-main/core/identifiers.ts";
import { isHourAllowed } from "../../../src-main/core/worker-limits.ts";
import type { NodeStore } from "../../../src-main/store/node-store.ts";
import { openNodeStore } from "../../../src-main/store/node-store.ts";
import { sampleJob } from "../../contract/store-samples.ts";
import { PowerCutDisk } from "./power-cut-disk.ts";
import { storedText, journalText } from "./stored-text.ts";

const folder = "/home/data";
const index = `${folder}/node.json`;

function device(text: string): DeviceId {
  const id = text.repeat(32);
  if (!isDeviceId(id)) throw new Error("not a device id");
  return id;
}
const attic = device("a1");
const den = device("b2");

const limits = {
  enabled: false,
  idleMinutes: 5,
  onlyOnMains: true,
  hours: [{ day: 1, startMinute: 90, endMinute: 240 }],
  threads: 3,
  lowPriority: true,
  pausedUntilMs: null,
};

const settings = {
  name: "cellar",
  role: "both",
  listen: { host: "192.168.1.4", port: 4000 },
  discovery: false,
  masters: [
    { deviceId: den, label: "den", address: "den.local:47600" },
    { deviceId: attic, label: "attic", address: "10.0.0.1:47600" },
  ],
  allowedDevices: [{ deviceId: attic, label: "attic", allowedAtMs: 77 }],
  limits,
  queuePaused: true,
  outputFolder: "/out",
  defaultPreset: "Small and quick",
  ffmpegPath: null,
  ffprobePath: null,
  uiTokenHash: null,
};

/** What version 1 left on the disk: an index and lines in the journal. */
async function openOld(
  changes: readonly unknown[] = [],
): Promise<{ disk: PowerCutDisk; store: NodeStore }> {
  const disk = new PowerCutDisk();
  const summary = { count: 0, frames: 0, sizeBytes: 0 };
  const jobs = [{ born: 1, summary, job: sampleJob("a") }];
  const data = { sequence: 1, settings, attempts: [], jobs };
  disk.put(index, storedText("node", 1, data));
  if (changes.length > 0)
    disk.put(
      `${folder}/journal-${"2".padStart(15, "0")}.log`,
      journalText(1, 2, changes),
    );
  return { disk, store: await openNodeStore(folder, { files: disk }) };
}

it("carries every setting of version 1 over", async () => {
  const { store } = await openOld();
  expect(store.jobs().map((job) => job.id)).toEqual(["a"]);
  expect(store.settings).toMatchObject({
    name: "cellar",
    role: "both",
    listenPort: 4000,
    interfaces: ["192.168.1.4"],
    discovery: false,
    queuePaused: true,
    output: { folder: "/out" },
    defaultPreset: "Small and quick",
    uiLanAccess: false,
  });
  const { hours, ...others } = store.settings.limits;
  expect(others).toMatchObject({
    isEnabled: false,
    idleMinutes: 5,
    threads: 3,
  });
  const allowed = Array.from({ length: 24 }, (_, hour) => hour).filter((hour) =>
    isHourAllowed(hours ?? [], 1, hour),
  );
  expect(allowed).toEqual([2, 3]);
  expect(isHourAllowed(hours ?? [], 2, 2)).toBe(false);
});

it("makes one list of peers of masters and allowed devices", async () => {
  const { store } = await openOld();
  expect(store.settings.peers).toEqual([
    {
      deviceId: attic,
      name: "attic",
      pairedAtMs: 77,
      lastSeenAtMs: null,
      lastAddresses: ["10.0.0.1:47600"],
      isWorker: true,
      isMaster: true,
      masterPriority: 1,
    },
    expect.objectContaining({
      deviceId: den,
      isWorker: false,
      isMaster: true,
      masterPriority: 0,
    }),
  ]);
});

it("replays changes of version 1, also ones of a single list, and keeps the result", async () => {
  const { disk, store } = await openOld([
    { op: "settings", change: { masters: [] } },
    {
      op: "settings",
      change: { name: "new", limits: { ...limits, hours: null } },
    },
    { op: "job", job: sampleJob("b") },
  ]);
  const expected = {
    name: "new",
    limits: { isEnabled: false, hours: null },
    peers: [{ deviceId: attic, isWorker: true, isMaster: false }],
  };
  expect(store.settings).toMatchObject(expected);
  await store.updateSettings({ theme: "dark" });
  const again = await openNodeStore(folder, {
    files: disk.after("synced-only"),
  });
  expect(again.settings).toMatchObject({ ...expected, theme: "dark" });
  expect(again.jobs().map((job) => job.id)).toEqual(["a", "b"]);
});

it("keeps the other list when the allowed devices alone were changed", async () => {
  const { store } = await openOld([
    { op: "settings", change: { allowedDevices: [] } },
  ]);
  expect(
    store.settings.peers.map((one) => [
      one.deviceId,
      one.isMaster,
      one.isWorker,
    ]),
  ).toEqual([
    [attic, true, false],
    [den, true, false],
  ]);
});
