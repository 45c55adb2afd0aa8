import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import type { SystemInterface } from "../../../src-main/core/discovery/interface-choice.ts";
import {
  lanAddresses,
  ownHosts,
  plainAddress,
} from "../../../src-main/node/own-hosts.ts";

const at = (
  name: string,
  ...addresses: readonly [4 | 6, string][]
): SystemInterface => ({
  name,
  isInternal: name === "lo",
  addresses: addresses.map(([family, address]) => ({
    ...{ family, address },
    prefixBits: family === 4 ? 24 : 64,
  })),
});
const interfaces = [
  at("lo", [4, "127.0.0.1"]),
  at("eth0", [6, "fe80::1"], [6, "fd00::20"], [4, "192.168.1.20"]),
  at("docker0", [4, "172.17.0.1"]),
  at("wg0", [4, "10.9.0.2"]),
];

describe("the page for other devices is taken to", () => {
  it("the home's networks alone: no loopback, container or tunnel", () => {
    expect(lanAddresses("0.0.0.0", interfaces, null)).toEqual(["192.168.1.20"]);
    expect(lanAddresses("::", interfaces, null)).toEqual([
      "192.168.1.20",
      "fd00::20",
    ]);
  });

  it("what a person chose", () => {
    expect(lanAddresses("0.0.0.0", interfaces, ["wg0"])).toEqual(["10.9.0.2"]);
  });

  it("the one address a node listens on", () => {
    expect(lanAddresses("127.0.0.1", interfaces, null)).toEqual(["127.0.0.1"]);
  });
});

it("is called by its addresses and its own name only", () => {
  const hosts = ownHosts(["192.168.1.20"]);
  const [first = ""] = hostname().toLowerCase().split(".");
  for (const name of ["192.168.1.20", first, `${first}.local`])
    expect(hosts.has(name)).toBe(true);
  expect(hosts.has("127.0.0.1")).toBe(false);
});

it.each([
  ["::ffff:192.168.1.20", "192.168.1.20"],
  ["FE80::1%eth0", "fe80::1"],
  ["192.168.1.20", "192.168.1.20"],
])("knows %s as %s", (address, plain) => {
  expect(plainAddress(address)).toBe(plain);
});
