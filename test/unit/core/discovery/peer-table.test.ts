import { describe, expect, test } from "vitest";
import {
  instanceName,
  type Sighting,
} from "../../../../src-main/core/discovery/announcement.ts";
import {
  goneAfterMs,
  goodbyeMs,
  maxSeenDevices,
  maxSendersPerDevice,
  PeerTable,
} from "../../../../src-main/core/discovery/peer-table.ts";
import type { DeviceId } from "../../../../src-main/core/identifiers.ts";

const idOf = (n: number): DeviceId =>
  n.toString(16).padStart(64, "0") as DeviceId;
const sighting = (n: number, change: Partial<Sighting> = {}): Sighting => ({
  ...{ deviceId: idOf(n), version: 1, port: 1000, sender: "10.0.0.1" },
  addresses: [],
  hostName: null,
  ...change,
});
const table = (): PeerTable => new PeerTable((id) => id === idOf(0));

describe("devices heard", () => {
  test("D8 gone nine seconds after it was last heard", () => {
    const peers = table();
    expect(peers.heard(sighting(1), "eth0", 0)).toBe(true);
    expect(peers.heard(sighting(1), "eth0", 5_000)).toBe(false);
    expect(peers.expire(5_000 + goneAfterMs - 1)).toBe(false);
    expect(peers.expire(5_000 + goneAfterMs)).toBe(true);
    expect(peers.all()).toEqual([]);
  });

  test("D9 a goodbye counts a second later, from its announcer alone, unless it comes back", () => {
    const peers = table();
    peers.heard(sighting(1), "eth0", 0);
    peers.saidGoodbye(instanceName(idOf(1)), "10.0.0.66", 100);
    expect(peers.expire(100 + goodbyeMs)).toBe(false);
    peers.saidGoodbye(instanceName(idOf(1)), "10.0.0.1", 200);
    peers.heard(sighting(1), "eth0", 300);
    expect(peers.expire(200 + goodbyeMs)).toBe(false);
    peers.saidGoodbye(instanceName(idOf(1)), "10.0.0.1", 400);
    expect(peers.expire(400 + goodbyeMs)).toBe(true);
  });

  test("a new address stands beside the old one, which ages alone", () => {
    const peers = table();
    peers.heard(sighting(1), "eth0", 0);
    peers.heard(sighting(1, { sender: "10.0.0.2" }), "eth0", 1_000);
    const at = (): string[] | undefined =>
      peers.get(idOf(1))?.at.map(({ sender }) => sender);
    expect(at()).toEqual(["10.0.0.2", "10.0.0.1"]);
    expect(peers.expire(goneAfterMs)).toBe(true);
    expect(at()).toEqual(["10.0.0.2"]);
  });

  test("D3 a computer that was named anew has changed", () => {
    const peers = table();
    peers.heard(sighting(1, { hostName: "desk" }), "eth0", 0);
    expect(peers.heard(sighting(1, { hostName: "desk" }), "eth0", 1)).toBe(
      false,
    );
    expect(peers.heard(sighting(1, { hostName: "den" }), "eth0", 2)).toBe(true);
    expect(peers.get(idOf(1))?.at[0]?.hostName).toBe("den");
  });

  test("D10 what was heard on an interface goes with it", () => {
    const peers = table();
    peers.heard(sighting(1), "eth0", 0);
    peers.heard(sighting(1), "wlan0", 0);
    peers.dropInterface("eth0");
    expect(peers.get(idOf(1))?.at).toHaveLength(1);
  });

  test("D5 floods are bounded, and paired devices find a place", () => {
    const peers = table();
    for (let n = 1; n <= 500; n += 1) peers.heard(sighting(n), "eth0", n);
    expect(peers.all()).toHaveLength(maxSeenDevices);
    expect(peers.heard(sighting(0), "eth0", 600)).toBe(true);
    expect(peers.all()).toHaveLength(maxSeenDevices);
    expect(peers.get(idOf(0))).not.toBeNull();
    for (let n = 1; n <= 50; n += 1)
      peers.heard(sighting(0, { sender: `10.0.0.${n}` }), "eth0", 600 + n);
    expect(peers.get(idOf(0))?.at).toHaveLength(maxSendersPerDevice);
  });
});
