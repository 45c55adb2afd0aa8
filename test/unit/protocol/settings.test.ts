import { describe, expect, it } from "vitest";
import {
  isHourAllowed,
  noLimits,
  withHour,
} from "../../../src-main/core/worker-limits.ts";
import {
  mastersOf,
  maxPeerAddresses,
  seenPeer,
  withFirstMaster,
  withoutMaster,
  withPeer,
  type Peer,
} from "../../../src-main/protocol/peer.ts";
import {
  defaultSettings,
  settingsChangeSchema,
  settingsSchema,
} from "../../../src-main/protocol/settings.ts";
import { isDeviceId } from "../../../src-main/core/identifiers.ts";

function peer(text: string, change: Partial<Peer> = {}): Peer {
  const deviceId = text.repeat(32);
  if (!isDeviceId(deviceId)) throw new Error("not a device id");
  return {
    deviceId,
    name: text,
    pairedAtMs: 1,
    lastSeenAtMs: null,
    lastAddresses: [],
    isWorker: false,
    isMaster: true,
    masterPriority: 0,
    ...change,
  };
}
const a = peer("aa");
const b = peer("bb", { masterPriority: 1 });
const c = peer("cc", { masterPriority: 2, isWorker: true });

describe("settings", () => {
  it("are valid as they come, whole and in part", () => {
    expect(settingsSchema.parse(defaultSettings)).toEqual(defaultSettings);
    expect(settingsChangeSchema.parse({ theme: "dark" })).toEqual({
      theme: "dark",
    });
    expect(defaultSettings.uiLanAccess).toBe(false);
  });

  it("refuse what is out of bounds, doubled or unknown", () => {
    const folder = {
      path: "/in",
      isEnabled: true,
      includesSubfolders: false,
      presetName: "x",
      output: defaultSettings.output,
    };
    const wrong: Record<string, unknown>[] = [
      { listenPort: -1 },
      { interfaces: [] },
      { peers: [a, a] },
      { peers: [{ ...a, lastAddresses: Array(9).fill("h:1") }] },
      { peers: [{ ...a, deviceId: "short" }] },
      { limits: { ...noLimits, hours: [1, 2, 3] } },
      { limits: { ...noLimits, hours: Array(7).fill(2 ** 24) } },
      { limits: { ...noLimits, cpuPercent: 0 } },
      { limits: { ...noLimits, slots: 0 } },
      { queue: { ...defaultSettings.queue, smallJobShare: 1.1 } },
      { watchFolders: [folder, folder] },
      { whenDone: "explode" },
      { locale: "../de" },
      { theme: null },
      { nobodyKnows: 1 },
    ];
    for (const change of wrong) {
      const text = JSON.stringify(change);
      expect(settingsChangeSchema.safeParse(change).success, text).toBe(false);
      const whole = { ...defaultSettings, ...change };
      expect(settingsSchema.safeParse(whole).success, text).toBe(false);
    }
  });

  it("keep the hours of a week", () => {
    const none = Array.from({ length: 7 }, () => 0);
    const hours = withHour(withHour(none, 6, 23, true), 0, 0, true);
    expect(isHourAllowed(hours, 6, 23)).toBe(true);
    expect(isHourAllowed(hours, 0, 0)).toBe(true);
    expect(isHourAllowed(hours, 6, 22)).toBe(false);
    expect(withHour(withHour(hours, 6, 23, false), 0, 0, false)).toEqual(none);
    const limits = { ...noLimits, hours: [...hours] };
    expect(settingsChangeSchema.safeParse({ limits }).success).toBe(true);
  });
});

describe("peers", () => {
  it("take the place of what was known of the device", () => {
    const renamed = { ...a, name: "attic" };
    expect(withPeer([a, b], renamed)).toEqual([renamed, b]);
    expect(withPeer([a], b)).toEqual([a, b]);
  });

  it("are served in the order of their priority, the chosen one first", () => {
    const peers = withFirstMaster([a, b, c], c.deviceId);
    expect(mastersOf(peers).map((one) => one.name)).toEqual(["cc", "aa", "bb"]);
  });

  it("are forgotten once they are neither master nor worker", () => {
    expect(withoutMaster([a, c], a.deviceId)).toEqual([c]);
    expect(withoutMaster([c], c.deviceId)).toEqual([{ ...c, isMaster: false }]);
  });

  it("remember where they were last reached, latest first, each place once", () => {
    let seen = a;
    for (let n = 0; n < 12; n++) seen = seenPeer(seen, n, `h${String(n)}:1`);
    seen = seenPeer(seen, 99, "h10:1");
    expect(seen.lastAddresses.length).toBe(maxPeerAddresses);
    expect(seen.lastAddresses.slice(0, 3)).toEqual(["h10:1", "h11:1", "h9:1"]);
    expect(seenPeer(seen, 100, null)).toEqual({ ...seen, lastSeenAtMs: 100 });
  });
});
