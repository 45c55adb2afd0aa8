import { describe, expect, test } from "vitest";
import { candidateAddresses } from "../../../../src-main/core/discovery/address-order.ts";
import {
  formatHostPort,
  parseHostPort,
  type HostPort,
} from "../../../../src-main/core/discovery/host-port.ts";
import { chooseInterfaces } from "../../../../src-main/core/discovery/interface-choice.ts";
import type { SeenPeer } from "../../../../src-main/core/discovery/peer-table.ts";
import type { DeviceId } from "../../../../src-main/core/identifiers.ts";

const interfaces = chooseInterfaces(
  [
    {
      ...{ name: "eth0", isInternal: false },
      addresses: [{ family: 4, address: "192.168.1.5", prefixBits: 24 }],
    },
    {
      ...{ name: "docker0", isInternal: false },
      addresses: [{ family: 4, address: "172.17.0.1", prefixBits: 16 }],
    },
  ],
  null,
);
const seen: SeenPeer = {
  deviceId: "a".repeat(64) as DeviceId,
  lastSeenMs: 0,
  at: [
    {
      ...{ interfaceName: "eth0", sender: "192.168.1.9", port: 7, version: 1 },
      addresses: ["10.9.9.9", "fe80::1", "172.17.0.1", "192.168.1.10"],
      hostName: null,
      lastSeenMs: 0,
    },
  ],
};
const at = (text: string): HostPort =>
  parseHostPort(text) ?? { host: "", port: 0 };
const order = (
  remembered: string[],
  manual: string[],
  peer: SeenPeer | null = seen,
) =>
  candidateAddresses({
    ...{ remembered: remembered.map(at), manual: manual.map(at) },
    ...{ seen: peer, interfaces },
  }).map(formatHostPort);

describe("D12 where to dial", () => {
  test("where it was, where it is heard, where a person said; near before far", () => {
    expect(order(["192.168.1.2:7"], ["farm.home:7"])).toEqual([
      "192.168.1.2:7",
      "192.168.1.9:7",
      "192.168.1.10:7",
      "10.9.9.9:7",
      "[fe80::1%eth0]:7",
      "farm.home:7",
    ]);
  });

  test("each address once, and not too many", () => {
    expect(order(["192.168.1.9:7"], ["192.168.1.9:7"], null)).toEqual([
      "192.168.1.9:7",
    ]);
    const many = Array.from({ length: 40 }, (_, n) => `10.0.0.${n + 1}:1`);
    expect(order(many, [])).toHaveLength(12);
  });

  test.each(["a:0", "a:70000", "a", "::1:80", "[::1]", "a b:1", ""])(
    "%o is no address",
    (text) => {
      expect(parseHostPort(text)).toBeNull();
    },
  );
});
