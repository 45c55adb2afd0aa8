import { describe, expect, test } from "vitest";
import {
  chooseInterfaces,
  type InterfaceReason,
  type SystemInterface,
} from "../../../../src-main/core/discovery/interface-choice.ts";

function made(
  name: string,
  address: string | null = "192.168.1.5",
  prefixBits = 24,
): SystemInterface {
  return {
    name,
    isInternal: name === "lo",
    addresses:
      address === null ? [] : [{ family: 4 as const, address, prefixBits }],
  };
}

const lan = made("eth9");
const judged = (one: SystemInterface): InterfaceReason | undefined =>
  chooseInterfaces([lan, one], null)[1]?.reason;

describe("D2 interfaces for discovery", () => {
  test.each<[InterfaceReason, string[]]>([
    [
      "lan",
      [
        "eth0",
        "enp3s0",
        "wlan0",
        "wlp2s0",
        "en0",
        "en7",
        "br0",
        "br-lan",
        "bond0",
        "bridge0",
        "Ethernet",
        "Wi-Fi",
        "WLAN",
        "以太网",
        "Local Area Connection",
      ],
    ],
    [
      "container",
      [
        "docker0",
        "docker_gwbridge",
        "br-0a1b2c3d4e5f",
        "veth12ab",
        "cni0",
        "lxcbr0",
        "podman1",
        "flannel.1",
      ],
    ],
    [
      "virtual-machine",
      [
        "virbr0",
        "vmnet8",
        "vboxnet0",
        "bridge100",
        "awdl0",
        "llw0",
        "vEthernet (Default Switch)",
        "vEthernet (WSL (Hyper-V firewall))",
        "VMware Network Adapter VMnet1",
        "VirtualBox Host-Only Network",
      ],
    ],
    [
      "vpn",
      [
        "tun0",
        "tap1",
        "utun3",
        "wg0",
        "wg-home",
        "tailscale0",
        "Tailscale",
        "ztabcdef",
        "ZeroTier One [1234]",
        "ppp0",
        "nordlynx",
        "OpenVPN TAP-Windows6",
        "WireGuard Tunnel",
        "wt0",
      ],
    ],
  ])("%s", (reason, names) => {
    for (const name of names)
      expect([name, judged(made(name))]).toEqual([name, reason]);
  });

  test("what has no use", () => {
    expect(judged(made("lo", "127.0.0.1", 8))).toBe("loopback");
    expect(judged(made("eth1", null))).toBe("no-ipv4");
    expect(judged(made("eth1", "169.254.7.7", 16))).toBe("link-local");
    expect(judged(made("eth1", "100.70.1.2", 32))).toBe("point-to-point");
  });

  test("doubtful ones when there is nothing better", () => {
    const direct = made("eth1", "169.254.7.7", 16);
    const [decision] = chooseInterfaces([direct, made("wg0")], null);
    expect(decision).toMatchObject({ isUsed: true, reason: "last-resort" });
    const switches = ["vEthernet (Home)", "vEthernet (Default Switch)"];
    const used = chooseInterfaces(
      switches.map((name) => made(name)),
      null,
    )
      .filter(({ isUsed }) => isUsed)
      .map((one) => one.interface.name);
    expect(used).toEqual(["vEthernet (Home)"]);
  });

  test("a person's choice wins, by name or address", () => {
    const all = [made("eth0", "192.168.1.5"), made("wg0", "10.0.0.2")];
    const used = (chosen: string[]): boolean[] =>
      chooseInterfaces(all, chosen).map(({ isUsed }) => isUsed);
    expect(used(["wg0"])).toEqual([false, true]);
    expect(used(["192.168.1.5"])).toEqual([true, false]);
    expect(used(["eth7"])).toEqual([false, false]);
  });
});
