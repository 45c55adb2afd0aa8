import { describe, expect, test } from "vitest";
import {
  findingsOf,
  refusalOf,
  type InterfaceFacts,
  type NetworkFacts,
  type PeerFacts,
} from "../../../../src-main/core/discovery/diagnosis.ts";
import type { DeviceId } from "../../../../src-main/core/identifiers.ts";

const eth0: InterfaceFacts = {
  ...{ name: "eth0", addresses: ["192.168.1.5"], isUsed: true, reason: "lan" },
  ...{ state: "open", trouble: null, ownHeard: true },
};
const peer: PeerFacts = {
  ...{ deviceId: "ab".repeat(32) as DeviceId, name: "Mini", version: 1 },
  ...{ addresses: ["192.168.1.9:47600"], seenMsAgo: 100, isConnected: true },
  ...{ refusal: null, clockSkewMs: 0 },
};
const well: NetworkFacts = {
  ...{ platform: "linux", isDiscoveryOn: true, listenedMs: 10_000 },
  ...{ interfaces: [eth0], answersHeard: 5, twin: null },
  listening: { host: "0.0.0.0", port: 47_600 },
  ownPort: [{ address: { host: "192.168.1.5", port: 47_600 }, trouble: null }],
  ...{ peers: [peer], master: null },
};
const address = { host: "192.168.1.9", port: 47_600 };
const found = (change: Partial<NetworkFacts>) =>
  findingsOf({ ...well, ...change });
const codes = (change: Partial<NetworkFacts>): string[] =>
  found(change).map(({ code }) => code);
const master = (trouble: string): NetworkFacts["master"] => ({
  ...{ deviceId: peer.deviceId, name: "Mini" },
  tried: [{ address, trouble }],
});

describe("what keeps computers apart", () => {
  test("nothing, when all is well", () => {
    expect(findingsOf(well)).toEqual([]);
  });

  test.each<[string, Partial<NetworkFacts>]>([
    ["discovery-off", { isDiscoveryOn: false }],
    [
      "no-interface",
      { interfaces: [{ ...eth0, isUsed: false, reason: "vpn" }] },
    ],
    [
      "mdns-port-taken",
      { interfaces: [{ ...eth0, state: "failed", trouble: "EADDRINUSE" }] },
    ],
    ["multicast-refused", { interfaces: [{ ...eth0, trouble: "EPERM" }] }],
    ["multicast-fails", { interfaces: [{ ...eth0, trouble: "ENETUNREACH" }] }],
    ["own-not-heard", { interfaces: [{ ...eth0, ownHeard: false }] }],
    ["id-twice", { twin: "192.168.1.7" }],
    ["nobody-seen", { peers: [] }],
    ["listens-for-itself-only", { listening: { host: "127.0.0.1", port: 1 } }],
    ["port-not-bound", { ownPort: [{ address, trouble: "ECONNREFUSED" }] }],
    [
      "port-blocked",
      { ownPort: [...well.ownPort, { address, trouble: "ETIMEDOUT" }] },
    ],
    [
      "master-silent",
      { peers: [{ ...peer, isConnected: false }], master: master("ETIMEDOUT") },
    ],
    [
      "master-refuses-connections",
      {
        peers: [{ ...peer, isConnected: false }],
        master: master("ECONNREFUSED"),
      },
    ],
    [
      "peer-refused",
      { peers: [{ ...peer, isConnected: false, refusal: "peer-version" }] },
    ],
    ["clock-differs", { peers: [{ ...peer, clockSkewMs: -200_000 }] }],
  ])("D11 %s", (code, change) => {
    expect(codes(change)).toEqual([code]);
  });

  test("every finding says what to do, in the words of the system", () => {
    const steps = (platform: string): string =>
      found({ platform, peers: [] })[0]?.nextStep ?? "";
    expect(steps("win32")).toMatch(/Private.*isolation/s);
    expect(steps("darwin")).toMatch(/Local Network/);
    expect(steps("linux")).toMatch(/5353/);
    const vpn = { ...eth0, name: "wg0", isUsed: false, reason: "vpn" as const };
    expect(found({ interfaces: [eth0, vpn], peers: [] })[0]?.nextStep).toMatch(
      /VPN/,
    );
  });

  test("the gravest first; a stranger in the network is no fault", () => {
    const stranger = {
      ...peer,
      name: null,
      refusal: "peer-not-allowed" as const,
    };
    const list = found({ peers: [stranger], twin: "192.168.1.7" });
    expect(list.map(({ severity }) => severity)).toEqual(["error", "note"]);
  });

  test("why a device is refused", () => {
    const why = (change: Partial<Parameters<typeof refusalOf>[0]>) =>
      refusalOf({
        version: 2,
        isPaired: true,
        failure: null,
        ownLowest: 2,
        ...change,
      });
    expect(why({})).toBeNull();
    expect(why({ version: 1 })).toBe("peer-version");
    expect(why({ isPaired: false })).toBe("peer-not-allowed");
    expect(why({ failure: "peer-wrong-id" })).toBe("peer-wrong-id");
    expect(why({ failure: "master-unreachable" })).toBeNull();
  });
});
