import type {
  AddressCheck,
  InterfaceFacts,
  NetworkFacts,
  PeerFacts,
} from "../core/discovery/diagnosis.ts";
import { findingsOf, refusalOf } from "../core/discovery/diagnosis.ts";
import { formatHostPort, type HostPort } from "../core/discovery/host-port.ts";
import { ipv4Of } from "../core/discovery/interface-choice.ts";
import { isErrorCode, type ErrorCode } from "../core/errors.ts";
import type { DeviceId } from "../core/identifiers.ts";
import { ownProtocol } from "../protocol/hello.ts";
import type { UiNetworkDiagnosis } from "../protocol/ui-network.ts";
import { connectSecurely } from "./secure-socket.ts";
import { knock, type TriedAddress } from "./connect-first.ts";
import type { Discovery, DiscoveryReport } from "./discovery/discovery.ts";
import type { PortReport } from "./discovery/interface-ports.ts";
import type { Identity } from "./identity.ts";

const clockTimeoutMs = 3_000;

/** What the diagnosis asks the node for; all as it is at that moment. */
export interface DiagnosisSources {
  readonly identity: Identity;
  /** Null: switched off. */
  readonly discovery: Discovery | null;
  readonly listening: HostPort | null;
  /** Paired devices, with what people call them. */
  readonly paired: ReadonlyMap<DeviceId, string>;
  readonly connected: ReadonlySet<DeviceId>;
  /** Devices this node turned away lately, with the reason. */
  readonly turnedAway: ReadonlyMap<DeviceId, ErrorCode>;
  /** The master served, and how the last attempt to reach it went. */
  readonly master: {
    readonly deviceId: DeviceId;
    readonly tried: readonly TriedAddress[];
  } | null;
  /** Wall clock. */
  readonly nowMs: () => number;
}

/** Looks at everything that keeps computers apart. Never rejects; takes up to some seconds. */
export async function diagnoseNetwork(
  sources: DiagnosisSources,
): Promise<UiNetworkDiagnosis> {
  const report = sources.discovery?.report() ?? null;
  const interfaces = (report?.interfaces ?? []).map((one) =>
    interfaceFacts(one, report, sources.listening),
  );
  const [ownPort, peers] = await Promise.all([
    knockAtOwnPort(sources.listening, report),
    peerFacts(sources),
  ]);
  const facts: NetworkFacts = {
    platform: process.platform,
    isDiscoveryOn: report !== null,
    listenedMs: report === null ? 0 : report.nowMs - report.startedAtMs,
    interfaces,
    answersHeard: report?.answersHeard ?? 0,
    twin: report?.twin?.sender ?? null,
    listening: sources.listening,
    ownPort,
    peers,
    master: masterFacts(sources),
  };
  return {
    atMs: sources.nowMs(),
    isDiscoveryOn: facts.isDiscoveryOn,
    interfaces,
    listening:
      sources.listening === null ? null : formatHostPort(sources.listening),
    ownPort,
    peers,
    masterTried: facts.master?.tried ?? null,
    findings: findingsOf(facts),
  };
}

function interfaceFacts(
  { decision, state, trouble }: PortReport,
  report: DiscoveryReport | null,
  listening: HostPort | null,
): InterfaceFacts {
  const { interface: one, isUsed, reason } = decision;
  const isAnnounced =
    state === "open" &&
    report?.announcedPort !== null &&
    listening !== null &&
    (isAnyAddress(listening.host) || listening.host === ipv4Of(one)?.address);
  return {
    name: one.name,
    addresses: one.addresses.map(({ address }) => address),
    isUsed,
    reason,
    state,
    trouble,
    ownHeard: isAnnounced
      ? (report?.ownHeardAtMs.has(one.name) ?? false)
      : null,
  };
}

/** From inside, but over the addresses that others dial. */
async function knockAtOwnPort(
  listening: HostPort | null,
  report: DiscoveryReport | null,
): Promise<readonly AddressCheck[]> {
  if (listening === null) return [];
  const { host, port } = listening;
  const lan = (report?.interfaces ?? [])
    .filter(({ decision }) => decision.isUsed)
    .map(({ decision }) => ipv4Of(decision.interface)?.address)
    .filter((address) => address !== undefined);
  const hosts = isAnyAddress(host) ? ["127.0.0.1", ...lan] : [host];
  const { signal } = new AbortController();
  return Promise.all(hosts.map((one) => knock({ host: one, port }, signal)));
}

function isAnyAddress(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

async function peerFacts(
  sources: DiagnosisSources,
): Promise<readonly PeerFacts[]> {
  const { discovery, paired, connected, turnedAway, master } = sources;
  const seen = discovery?.peers().map(({ deviceId }) => deviceId) ?? [];
  const ids = new Set([
    ...paired.keys(),
    ...seen,
    ...connected,
    ...turnedAway.keys(),
  ]);
  ids.delete(sources.identity.deviceId);
  const nowMs = discovery?.report().nowMs ?? 0;
  return Promise.all(
    [...ids].map(async (deviceId) => {
      const peer = discovery?.peer(deviceId) ?? null;
      const version = peer?.at[0]?.version ?? null;
      const tried = master?.deviceId === deviceId ? master.tried : [];
      const isConnected = connected.has(deviceId);
      const addresses =
        peer?.at.map(({ sender, port }) => ({ host: sender, port })) ?? [];
      return {
        deviceId,
        name: paired.get(deviceId) ?? null,
        addresses: addresses.map(formatHostPort),
        version,
        seenMsAgo: peer === null ? null : Math.max(0, nowMs - peer.lastSeenMs),
        isConnected,
        refusal: isConnected
          ? null
          : refusalOf({
              version,
              isPaired: paired.has(deviceId),
              failure: turnedAway.get(deviceId) ?? failureOf(tried),
              ownLowest: ownProtocol.lowest,
            }),
        clockSkewMs: paired.has(deviceId)
          ? await clockSkewMs(
              sources,
              deviceId,
              addresses[0] ?? tried[0]?.address,
            )
          : null,
      };
    }),
  );
}

function failureOf(tried: readonly TriedAddress[]): ErrorCode | null {
  const codes = tried.map(({ trouble }) => trouble);
  return (
    (codes.find(
      (code) => code !== null && isErrorCode(code),
    ) as ErrorCode | null) ?? null
  );
}

function masterFacts({
  master,
  paired,
}: DiagnosisSources): NetworkFacts["master"] {
  if (master === null) return null;
  const { deviceId, tried } = master;
  const name = paired.get(deviceId) ?? `the master ${deviceId.slice(0, 8)}`;
  return {
    deviceId,
    name,
    tried: tried.filter(({ trouble }) => trouble !== null),
  };
}

/**
 * A master's clock less ours, in ms to about a second; null: it does not tell.
 * Its server dates the 404 that anything but an upgrade gets (rule W3).
 */
async function clockSkewMs(
  { identity, nowMs }: DiagnosisSources,
  deviceId: DeviceId,
  address: HostPort | undefined,
): Promise<number | null> {
  if (address === undefined) return null;
  const { signal } = new AbortController();
  const options = { signal, timeoutMs: clockTimeoutMs };
  try {
    const socket = await connectSecurely(identity, address, deviceId, options);
    return await new Promise((resolve) => {
      const end = (skewMs: number | null): void => {
        socket.on("error", () => undefined).destroy();
        resolve(skewMs);
      };
      socket.setTimeout(clockTimeoutMs, () => end(null));
      socket.once("error", () => end(null));
      socket.once("close", () => end(null));
      socket.once("data", (head: Buffer) => {
        const date = /^date: (.+)$/im.exec(head.toString("latin1"))?.[1];
        const theirsMs = Date.parse(date ?? "");
        end(Number.isNaN(theirsMs) ? null : theirsMs - nowMs());
      });
      socket.write(
        "GET / HTTP/1.1\r\nhost: reelfarm\r\nconnection: close\r\n\r\n",
      );
    });
  } catch {
    return null;
  }
}
