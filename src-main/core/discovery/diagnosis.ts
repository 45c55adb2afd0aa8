/**
 * Why computers do not find each other, in words. Facts are gathered elsewhere
 * (net/network-diagnosis.ts); here is decided what they mean and what to do.
 */
import { catalogue, type ErrorCode } from "../errors.ts";
import type { DeviceId } from "../identifiers.ts";
import { formatHostPort, type HostPort } from "./host-port.ts";
import type { InterfaceReason } from "./interface-choice.ts";

/** Our own announcement comes back within a question's time; this is long. */
const ownEchoMs = 3_000;
/** Farther apart, times in logs mislead. */
const clockToleranceMs = 120_000;

export interface InterfaceFacts {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly isUsed: boolean;
  readonly reason: InterfaceReason;
  readonly state: "unused" | "opening" | "open" | "failed";
  /** The system's last error there, e.g. EADDRINUSE. */
  readonly trouble: string | null;
  /** Whether our own announcement came back; null: nothing is announced there. */
  readonly ownHeard: boolean | null;
}

export interface AddressCheck {
  readonly address: HostPort;
  /** Null: it answers. The system's error, or a code of core/errors.ts. */
  readonly trouble: string | null;
}

/** Another device, by announcements or because it is paired. */
export interface PeerFacts {
  readonly deviceId: DeviceId;
  /** What people call it; null: it is not paired. */
  readonly name: string | null;
  readonly addresses: readonly string[];
  /** Null: it is not seen. */
  readonly version: number | null;
  readonly seenMsAgo: number | null;
  readonly isConnected: boolean;
  /** Why we do not work together; null: nothing is known against it. */
  readonly refusal: ErrorCode | null;
  /** Its clock less ours; null: it was not asked. */
  readonly clockSkewMs: number | null;
}

export interface NetworkFacts {
  /** As Node calls it: linux, darwin, win32. */
  readonly platform: string;
  readonly isDiscoveryOn: boolean;
  /** Since discovery started. */
  readonly listenedMs: number;
  readonly interfaces: readonly InterfaceFacts[];
  /** Answers of any program heard: multicast arrives. */
  readonly answersHeard: number;
  /** Address of another computer that announces our id. */
  readonly twin: string | null;
  /** Where this master listens; null: it is none. */
  readonly listening: HostPort | null;
  /** Our own port, knocked at from this computer. */
  readonly ownPort: readonly AddressCheck[];
  readonly peers: readonly PeerFacts[];
  /** The master this computer works for; null: none. */
  readonly master: {
    readonly deviceId: DeviceId;
    readonly name: string;
    readonly tried: readonly AddressCheck[];
  } | null;
}

export interface NetworkFinding {
  readonly code: FindingCode;
  readonly severity: "error" | "warning" | "note";
  readonly text: string;
  readonly nextStep: string;
}

export type FindingCode =
  | "discovery-off"
  | "no-interface"
  | "mdns-port-taken"
  | "multicast-refused"
  | "multicast-fails"
  | "own-not-heard"
  | "id-twice"
  | "listens-for-itself-only"
  | "port-not-bound"
  | "port-blocked"
  | "nobody-seen"
  | "master-silent"
  | "master-refuses-connections"
  | "peer-refused"
  | "clock-differs";

/** What is wrong, the gravest first; empty: nothing was found. */
export function findingsOf(facts: NetworkFacts): readonly NetworkFinding[] {
  const findings = [
    ...(facts.isDiscoveryOn ? discoveryFindings(facts) : [discoveryOff]),
    ...portFindings(facts),
    ...masterFindings(facts),
    ...peerFindings(facts),
  ];
  const order = { error: 0, warning: 1, note: 2 };
  return findings.sort((a, b) => order[a.severity] - order[b.severity]);
}

const discoveryOff: NetworkFinding = {
  code: "discovery-off",
  severity: "note",
  text: "Finding other computers is switched off in the settings.",
  nextStep: "Switch it on, or give addresses as host:port.",
};

function discoveryFindings(facts: NetworkFacts): NetworkFinding[] {
  const used = facts.interfaces.filter(({ isUsed }) => isUsed);
  if (used.length === 0) return [noInterface(facts)];
  const findings = used.flatMap((one) => interfaceFindings(one, facts));
  if (facts.twin !== null)
    findings.push({
      code: "id-twice",
      severity: "error",
      text: `The computer at ${facts.twin} announces the same device id as this one.`,
      nextStep:
        "Its data folder is a copy of this one. Delete the folder “identity” in one of them and pair that computer again.",
    });
  const open = used.filter(({ state }) => state === "open");
  const isAlone = facts.peers.every(({ seenMsAgo }) => seenMsAgo === null);
  if (isAlone && open.length > 0 && facts.listenedMs >= ownEchoMs)
    findings.push(nobodySeen(facts));
  return findings;
}

function noInterface({ interfaces }: NetworkFacts): NetworkFinding {
  const left = interfaces.filter(({ reason }) => reason !== "loopback");
  const names = left.map(({ name }) => name).join(", ");
  return {
    code: "no-interface",
    severity: "error",
    text:
      left.length === 0
        ? "This computer has no network connection."
        : `None of this computer's network interfaces leads to a home network (${names}).`,
    nextStep:
      left.length === 0
        ? "Connect the cable or the Wi-Fi."
        : "Connect the cable or the Wi-Fi, or choose the interface in the settings.",
  };
}

function interfaceFindings(
  { name, state, trouble, ownHeard }: InterfaceFacts,
  facts: NetworkFacts,
): NetworkFinding[] {
  if (state === "failed") return [cannotOpen(name, trouble ?? "")];
  if (trouble === "EPERM" || trouble === "EACCES")
    return [
      {
        code: "multicast-refused",
        severity: "error",
        text: `A firewall on this computer keeps announcements from leaving through ${name} (${trouble}).`,
        nextStep: firewallAdvice(facts.platform),
      },
    ];
  if (trouble !== null)
    return [
      {
        code: "multicast-fails",
        severity: "warning",
        text: `Announcements cannot be sent through ${name} (${trouble}).`,
        nextStep:
          "Check that the network is connected; addresses that were used before and typed ones are tried all the same.",
      },
    ];
  if (ownHeard === false && facts.listenedMs >= ownEchoMs)
    return [
      {
        code: "own-not-heard",
        severity: "warning",
        text: `This computer does not hear its own announcement on ${name}: multicast does not work there.`,
        nextStep: firewallAdvice(facts.platform),
      },
    ];
  return [];
}

function cannotOpen(name: string, trouble: string): NetworkFinding {
  if (trouble === "EADDRINUSE")
    return {
      code: "mdns-port-taken",
      severity: "warning",
      text: `Another program holds UDP port 5353 for itself, so nothing can be announced or found on ${name}.`,
      nextStep:
        "Stop that program, or give addresses as host:port. It is tried again by itself.",
    };
  return {
    code: "multicast-refused",
    severity: "warning",
    text: `The system does not let announcements be used on ${name} (${trouble}).`,
    nextStep: "Give addresses as host:port, or allow multicast there.",
  };
}

function nobodySeen({
  platform,
  answersHeard,
  interfaces,
}: NetworkFacts): NetworkFinding {
  const hasVpn = interfaces.some(({ reason }) => reason === "vpn");
  const steps = [
    "Check that Reelfarm runs on the other computer and is in the same network.",
    firewallAdvice(platform),
    "Guest networks and routers with “AP isolation” or “client isolation” keep computers apart: switch that off, or use the other network.",
    ...(hasVpn
      ? [
          "A VPN is active here: some keep the home network away; pause it or allow local access.",
        ]
      : []),
    "A typed address (host:port) needs no announcements.",
  ];
  return {
    code: "nobody-seen",
    severity: "note",
    text:
      answersHeard === 0
        ? "No announcement of any program arrives here."
        : "Other programs' announcements arrive, but no other Reelfarm is heard.",
    nextStep: steps.join(" "),
  };
}

function portFindings({
  listening,
  ownPort,
  platform,
}: NetworkFacts): NetworkFinding[] {
  if (listening === null) return [];
  const { host, port } = listening;
  if (host === "127.0.0.1" || host === "::1" || host === "localhost")
    return [
      {
        code: "listens-for-itself-only",
        severity: "error",
        text: `This master listens on ${formatHostPort(listening)}, which only this computer can reach.`,
        nextStep: `Start it with --listen 0.0.0.0:${port}.`,
      },
    ];
  const silent = ownPort.filter(({ trouble }) => trouble !== null);
  if (silent.length === 0) return [];
  if (silent.length === ownPort.length)
    return [
      {
        code: "port-not-bound",
        severity: "error",
        text: `Nothing answers at this master's own port ${port} (${silent[0]?.trouble ?? ""}).`,
        nextStep: "Start Reelfarm anew, or choose another port.",
      },
    ];
  return silent.map(({ address, trouble }) => ({
    code: "port-blocked",
    severity: "warning",
    text: `This master is not reached at its own address ${formatHostPort(address)} (${trouble ?? ""}).`,
    nextStep: firewallAdvice(platform),
  }));
}

function masterFindings(facts: NetworkFacts): NetworkFinding[] {
  const { master, platform } = facts;
  if (master === null) return [];
  const peer = facts.peers.find((one) => one.deviceId === master.deviceId);
  if (peer?.isConnected || master.tried.length === 0) return [];
  if (peer !== undefined && peer.refusal !== null) return [];
  const where = master.tried
    .map(({ address, trouble }) =>
      `${formatHostPort(address)} ${trouble ?? ""}`.trim(),
    )
    .join(", ");
  const isSeen = peer !== undefined && peer.seenMsAgo !== null;
  if (master.tried.every(({ trouble }) => trouble === "ECONNREFUSED"))
    return [
      {
        code: "master-refuses-connections",
        severity: "error",
        text: `At the addresses of ${master.name} nothing listens (${where}).`,
        nextStep: `Start Reelfarm there, and check that it is the master. ${firewallAdvice("")}`,
      },
    ];
  return [
    {
      code: "master-silent",
      severity: "error",
      text: isSeen
        ? `${master.name} is heard on the network but cannot be connected to (${where}).`
        : `${master.name} is neither heard nor reached (${where}).`,
      nextStep: isSeen
        ? `Its firewall keeps connections away. There: ${firewallAdvice("")}`
        : `Check that it is switched on and in this network. ${vpnAdvice(facts)}${firewallAdvice(platform)}`,
    },
  ];
}

function vpnAdvice({ interfaces }: NetworkFacts): string {
  return interfaces.some(({ reason }) => reason === "vpn")
    ? "A VPN is active here and may keep the home network away. "
    : "";
}

function peerFindings({ peers }: NetworkFacts): NetworkFinding[] {
  return peers.flatMap((peer) => {
    const name = peer.name ?? peer.deviceId.slice(0, 8);
    const findings: NetworkFinding[] = [];
    if (peer.refusal !== null) {
      const { text, nextStep } = catalogue[peer.refusal];
      findings.push({
        code: "peer-refused",
        // A stranger in the network is no fault.
        severity: peer.name === null ? "note" : "error",
        text: `${name}: ${text.replace("{detail}", peer.addresses[0] ?? name)}`,
        nextStep,
      });
    }
    const skewMs = peer.clockSkewMs ?? 0;
    if (Math.abs(skewMs) > clockToleranceMs)
      findings.push({
        code: "clock-differs",
        severity: "warning",
        text: `The clock of ${name} is ${minutes(skewMs)} ${skewMs > 0 ? "ahead of" : "behind"} this computer's.`,
        nextStep:
          "Nobody is refused for that, but times in lists and logs do not match. Let both set their clocks by the internet.",
      });
    return findings;
  });
}

function minutes(ms: number): string {
  const count = Math.round(Math.abs(ms) / 60_000);
  return count < 120 ? `${count} minutes` : `${Math.round(count / 60)} hours`;
}

/** What to do about a firewall; by system, or for an unknown one. */
function firewallAdvice(platform: string): string {
  const ports = "UDP port 5353 and Reelfarm's TCP port";
  switch (platform) {
    case "win32":
      return `Windows: set the network's profile to “Private” (Settings, Network, Properties; “Public” blocks everything that comes in), and allow Reelfarm in “Allow an app through the firewall”.`;
    case "darwin":
      return `macOS: allow Reelfarm under System Settings, Privacy & Security, Local Network, and let it accept connections in the firewall's options.`;
    case "linux":
      return `Allow ${ports} in the firewall (ufw, firewalld or nftables).`;
    default:
      return `Allow ${ports} in the firewall; on Windows set the network's profile to “Private”.`;
  }
}

/** Whether something stands against working with a device that was seen. */
export function refusalOf(peer: {
  readonly version: number | null;
  readonly isPaired: boolean;
  /** What connecting to it ended with, or what we answered it. */
  readonly failure: ErrorCode | null;
  readonly ownLowest: number;
}): ErrorCode | null {
  if (peer.version !== null && peer.version < peer.ownLowest)
    return "peer-version";
  if (peer.failure !== null && peer.failure.startsWith("peer-"))
    return peer.failure;
  return peer.isPaired ? null : "peer-not-allowed";
}
