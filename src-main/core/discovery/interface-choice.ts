import { parseIp, reachOf } from "./ip-address.ts";

/** One network interface as the system tells it. */
export interface SystemInterface {
  readonly name: string;
  readonly isInternal: boolean;
  readonly addresses: readonly InterfaceAddress[];
}

/** One of its addresses, with the size of the network it is in. */
export interface InterfaceAddress {
  readonly family: 4 | 6;
  /** Without a zone. */
  readonly address: string;
  readonly prefixBits: number;
}

/** Why an interface is used for discovery, or why not. */
export type InterfaceReason =
  | "lan"
  | "chosen"
  /** Doubtful, but there is nothing better. */
  | "last-resort"
  | "not-chosen"
  | "loopback"
  | "container"
  | "virtual-machine"
  | "vpn"
  /** Only an address a computer gives itself, and there is something better. */
  | "link-local"
  /** A network of one address, and there is something better. */
  | "point-to-point"
  | "no-ipv4";

/** An interface, and whether announcements go over it. */
export interface InterfaceDecision {
  readonly interface: SystemInterface;
  readonly isUsed: boolean;
  readonly reason: InterfaceReason;
}

/**
 * Which interfaces lead to other computers of the home. Names and addresses
 * that a person chose win over everything; otherwise bridges of containers and
 * virtual machines and VPN tunnels are left out, because a master announced or
 * sought there is found by nobody, or by the wrong ones. Doubtful interfaces
 * are used only when there is nothing better. Announcements go over IPv4.
 */
export function chooseInterfaces(
  all: readonly SystemInterface[],
  chosen: readonly string[] | null,
): readonly InterfaceDecision[] {
  if (chosen !== null) return all.map((one) => judgeChosen(one, chosen));
  const judged = all.map((one) => ({ one, reason: judge(one) }));
  const hasLan = judged.some(({ reason }) => reason === "lan");
  return judged.map(({ one, reason }) => {
    if (reason === "lan") return { interface: one, isUsed: true, reason };
    const isUsed = !hasLan && isDoubtful(one, reason);
    return { interface: one, isUsed, reason: isUsed ? "last-resort" : reason };
  });
}

/** The address an interface's announcements go out from; null: it has no IPv4. */
export function ipv4Of(one: SystemInterface): InterfaceAddress | null {
  const all = one.addresses.filter(({ family }) => family === 4);
  return all.find(({ address }) => !isLinkLocal(address)) ?? all[0] ?? null;
}

function judgeChosen(
  one: SystemInterface,
  chosen: readonly string[],
): InterfaceDecision {
  const isNamed =
    chosen.includes(one.name) ||
    one.addresses.some(({ address }) => chosen.includes(address));
  if (!isNamed) return { interface: one, isUsed: false, reason: "not-chosen" };
  const isUsed = ipv4Of(one) !== null;
  return { interface: one, isUsed, reason: isUsed ? "chosen" : "no-ipv4" };
}

function judge(one: SystemInterface): InterfaceReason {
  if (one.isInternal) return "loopback";
  for (const { reason, names } of unwantedNames)
    if (names.some((name) => name.test(one.name))) return reason;
  const ipv4 = ipv4Of(one);
  if (ipv4 === null) return "no-ipv4";
  if (isLinkLocal(ipv4.address)) return "link-local";
  return ipv4.prefixBits >= 31 ? "point-to-point" : "lan";
}

function isDoubtful(one: SystemInterface, reason: InterfaceReason): boolean {
  if (reason === "link-local" || reason === "point-to-point") return true;
  // A machine whose network card is lent to a virtual switch has its own address there.
  return (
    reason === "virtual-machine" &&
    /^vEthernet \(/i.test(one.name) &&
    !/default switch|wsl|docker|nat\)/i.test(one.name) &&
    ipv4Of(one) !== null
  );
}

function isLinkLocal(address: string): boolean {
  const ip = parseIp(address);
  return ip !== null && reachOf(ip) === "link-local";
}

/**
 * Interface names of programs that make networks of their own, on Linux, macOS
 * and Windows. Bridges called br0 or br-lan are made by people and lead to the
 * home; container programs append twelve hex digits.
 */
const unwantedNames: readonly {
  readonly reason: InterfaceReason;
  readonly names: readonly RegExp[];
}[] = [
  {
    reason: "container",
    names: [
      /^docker(_|\d|-)/,
      /^br-[0-9a-f]{12}$/,
      /^(veth|cni|flannel|cali|cilium|lxc|lxd|incus|podman|nerdctl|kube|weave|ovs)/,
      /docker/i,
    ],
  },
  {
    reason: "virtual-machine",
    names: [
      /^(virbr|vmnet|vboxnet|vnic|vnet|vmenet|macvtap|waydroid)/,
      /^bridge[1-9]\d{2}$/,
      /^vEthernet/i,
      /vmware|virtualbox|hyper-v|\bwsl\b/i,
      // Apple's radio links between devices: no internet protocol for us there.
      /^(awdl|llw|anpi|ap)\d/,
    ],
  },
  {
    reason: "vpn",
    names: [
      /^(tun|tap|utun|ipsec|ppp|gif|stf|wg|wt|zt|feth|ham|tailscale|nebula|nordlynx|proton|mullvad|cscotun|gpd|outline)\d*/i,
      /wireguard|openvpn|wintun|zerotier|hamachi|anyconnect|globalprotect|fortinet|\bvpn\b|-vpn|protonvpn/i,
    ],
  },
];
