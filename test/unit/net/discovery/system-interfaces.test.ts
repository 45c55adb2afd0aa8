/** Whole computers as Node tells of them, and over which of their interfaces a home is sought. */
import type { NetworkInterfaceInfo } from "node:os";
import { expect, test } from "vitest";
import { chooseInterfaces } from "../../../../src-main/core/discovery/interface-choice.ts";
import { systemInterfaces } from "../../../../src-main/net/discovery/system-interfaces.ts";

/** Interfaces by name, with their addresses and the bits of their networks. */
type Told = Readonly<Record<string, readonly string[]>>;

/** What is used of a computer's interfaces, and why the others are not. */
function judged(told: Told): { used: string[]; left: Record<string, string> } {
  const interfaces = Object.fromEntries(
    Object.entries(told).map(([name, addresses]) => [
      name,
      addresses.map((cidr) =>
        addressInfo(cidr, /^lo(\d|$|opback)/i.test(name)),
      ),
    ]),
  );
  const decisions = chooseInterfaces(systemInterfaces(interfaces), null);
  const left = decisions.filter(({ isUsed }) => !isUsed);
  return {
    used: decisions
      .filter(({ isUsed }) => isUsed)
      .map((one) => one.interface.name),
    left: Object.fromEntries(
      left.map(({ interface: { name }, reason }) => [name, reason]),
    ),
  };
}

function addressInfo(cidr: string, internal: boolean): NetworkInterfaceInfo {
  const [address = ""] = cidr.split("/");
  const common = { address, netmask: "", mac: "00:00:00:00:00:00", cidr };
  return address.includes(":")
    ? { ...common, internal, family: "IPv6", scopeid: 0 }
    : { ...common, internal, family: "IPv4" };
}

const self = "fe80::1c2d:3e4f:5a6b:7c8d/64";

test("a Mac on Wi-Fi with iCloud's tunnels, AirDrop, a virtual machine and a work VPN", () => {
  const { used, left } = judged({
    lo0: ["127.0.0.1/8", "::1/128", "fe80::1/64"],
    anpi0: [self],
    en5: [self],
    en0: [self, "192.168.178.24/24", "2003:ee:1::7/64"],
    ap1: [self],
    awdl0: [self],
    llw0: [self],
    utun0: [self],
    utun3: [self],
    utun4: ["10.8.0.6/32"],
    bridge100: ["192.168.64.1/24", self],
    vmenet0: ["192.168.65.1/24"],
  });
  expect(used).toEqual(["en0"]);
  expect(left).toEqual({
    lo0: "loopback",
    anpi0: "virtual-machine",
    en5: "no-ipv4",
    ap1: "virtual-machine",
    awdl0: "virtual-machine",
    llw0: "virtual-machine",
    utun0: "vpn",
    utun3: "vpn",
    utun4: "vpn",
    bridge100: "virtual-machine",
    vmenet0: "virtual-machine",
  });
});

test("a Mac with a cable and Wi-Fi uses both; two Macs on a Thunderbolt cable have each other", () => {
  const both = { en0: ["192.168.1.7/24"], en7: ["192.168.1.8/24"] };
  expect(judged(both).used).toEqual(["en0", "en7"]);
  const cable = { bridge0: ["169.254.33.1/16", self], awdl0: [self] };
  expect(judged(cable).used).toEqual(["bridge0"]);
  expect(judged({ ...cable, ...both }).left["bridge0"]).toBe("link-local");
});

test("a Windows PC with WSL, VirtualBox, Docker, Tailscale and Bluetooth", () => {
  const { used, left } = judged({
    Ethernet: [self, "192.168.0.10/24"],
    "Wi-Fi": [self, "192.168.0.11/24"],
    "Local Area Connection* 1": [self, "169.254.81.12/16"],
    "Bluetooth Network Connection": [self, "169.254.13.96/16"],
    "vEthernet (WSL)": ["172.24.64.1/20"],
    "vEthernet (WSL (Hyper-V firewall))": ["172.25.64.1/20"],
    "vEthernet (Default Switch)": ["172.17.160.1/20"],
    "VirtualBox Host-Only Network": ["192.168.56.1/24"],
    "VMware Network Adapter VMnet8": ["192.168.137.1/24"],
    Tailscale: ["100.101.7.3/32"],
    "OpenVPN Wintun": ["10.8.0.2/24"],
    "ZeroTier One [93afae5963c51ec4]": ["10.147.17.4/24"],
    "Loopback Pseudo-Interface 1": ["127.0.0.1/8", "::1/128"],
  });
  expect(used).toEqual(["Ethernet", "Wi-Fi"]);
  expect(left).toEqual({
    "Local Area Connection* 1": "link-local",
    "Bluetooth Network Connection": "link-local",
    "vEthernet (WSL)": "virtual-machine",
    "vEthernet (WSL (Hyper-V firewall))": "virtual-machine",
    "vEthernet (Default Switch)": "virtual-machine",
    "VirtualBox Host-Only Network": "virtual-machine",
    "VMware Network Adapter VMnet8": "virtual-machine",
    Tailscale: "vpn",
    "OpenVPN Wintun": "vpn",
    "ZeroTier One [93afae5963c51ec4]": "vpn",
    "Loopback Pseudo-Interface 1": "loopback",
  });
});

test("a Windows PC whose card is lent to a virtual switch is found at the switch", () => {
  const { used } = judged({
    "vEthernet (External)": ["192.168.0.10/24"],
    "vEthernet (WSL)": ["172.24.64.1/20"],
    "vEthernet (Default Switch)": ["172.17.160.1/20"],
  });
  expect(used).toEqual(["vEthernet (External)"]);
});

test("a Linux server with containers, virtual machines and tunnels", () => {
  const { used, left } = judged({
    lo: ["127.0.0.1/8", "::1/128"],
    enp5s0: ["192.168.1.20/24", self],
    wlp4s0: ["192.168.1.21/24"],
    docker0: ["172.17.0.1/16"],
    "br-5f3b0c1d2e4a": ["172.18.0.1/16"],
    veth3fa21bc: [self],
    virbr0: ["192.168.122.1/24"],
    wg0: ["10.6.0.2/24"],
    tun0: ["10.8.0.3/24"],
    ztr2qsmcxy: ["10.147.17.9/24"],
    tailscale0: ["100.90.1.2/32"],
  });
  expect(used).toEqual(["enp5s0", "wlp4s0"]);
  expect(left).toEqual({
    lo: "loopback",
    docker0: "container",
    "br-5f3b0c1d2e4a": "container",
    veth3fa21bc: "container",
    virbr0: "virtual-machine",
    wg0: "vpn",
    tun0: "vpn",
    ztr2qsmcxy: "vpn",
    tailscale0: "vpn",
  });
});

test("a router's and a person's own bridges lead to the home", () => {
  const bridges = { "br-lan": ["192.168.1.1/24"], br0: ["192.168.2.1/24"] };
  expect(judged(bridges).used).toEqual(["br-lan", "br0"]);
});

test("a computer with nothing but a tunnel is not announced there", () => {
  expect(judged({ utun3: ["10.8.0.6/24"] }).used).toEqual([]);
});
