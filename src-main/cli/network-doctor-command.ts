import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import type { PeerFacts } from "../core/discovery/diagnosis.ts";
import { Failure } from "../core/errors.ts";
import { startDiscovery } from "../net/discovery/discovery.ts";
import { loadIdentity } from "../net/identity.ts";
import { diagnoseNetwork } from "../net/network-diagnosis.ts";
import { ownProtocol } from "../protocol/hello.ts";
import type { UiNetworkDiagnosis } from "../protocol/ui-network.ts";
import { dataFolderOf, type CommandContext } from "./command-context.ts";
import { exitCodes } from "./failure-report.ts";
import { printable } from "./text-width.ts";
import { connectToNode } from "./ui-connection.ts";

/** Without a running node the network is listened to for so long. */
const listenMs = 4_000;

export interface NetworkDoctorOptions {
  readonly data?: string;
  readonly json?: boolean;
}

/**
 * Says who is seen on the network, what stands against the others, and what to
 * do. Asks the running node; without one it looks for itself. The exit code is
 * 1 when something keeps computers apart.
 */
export async function networkDoctor(
  context: CommandContext,
  options: NetworkDoctorOptions,
): Promise<number> {
  const { terminal } = context;
  const folder = dataFolderOf(context, options.data);
  const diagnosis =
    (await askNode(context, folder)) ?? (await lookAround(context, folder));
  if (options.json) terminal.printJson(diagnosis);
  else for (const line of linesOf(diagnosis)) terminal.print(line);
  const isSick = diagnosis.findings.some(
    ({ severity }) => severity === "error",
  );
  return isSick ? exitCodes.failed : exitCodes.ok;
}

/** Null: no node runs there. */
async function askNode(
  { lifetime }: CommandContext,
  folder: string,
): Promise<UiNetworkDiagnosis | null> {
  try {
    const node = await lifetime.race(connectToNode(folder));
    try {
      return await lifetime.race(node.ask({ type: "diagnose-network" }));
    } finally {
      await node.close();
    }
  } catch (error) {
    if (error instanceof Failure && error.code === "node-not-running")
      return null;
    throw error;
  }
}

async function lookAround(
  { terminal, lifetime }: CommandContext,
  folder: string,
): Promise<UiNetworkDiagnosis> {
  terminal.note("No node runs here: listening to the network for a moment.");
  const identity = await loadIdentity(join(folder, "identity"));
  const discovery = startDiscovery({
    deviceId: identity.deviceId,
    version: ownProtocol.highest,
    computerName: hostname(),
    chosenInterfaces: () => null,
    isPaired: () => false,
    log: (line) => terminal.note(line),
  });
  try {
    await lifetime.race(sleep(listenMs));
    return await diagnoseNetwork({
      ...{ identity, discovery, listening: null, master: null },
      paired: new Map(),
      connected: new Set(),
      turnedAway: new Map(),
      nowMs: () => Date.now(),
    });
  } finally {
    await discovery.close();
  }
}

function linesOf(diagnosis: UiNetworkDiagnosis): string[] {
  const { interfaces, listening, ownPort, peers, findings } = diagnosis;
  const lines = ["Interfaces:"];
  for (const one of interfaces) {
    const use = one.isUsed ? `used, ${one.state}` : "not used";
    const echo =
      one.ownHeard === null
        ? ""
        : `, own announcement ${one.ownHeard ? "heard" : "not heard"}`;
    const trouble = one.trouble === null ? "" : `, ${one.trouble}`;
    lines.push(
      `  ${one.name} (${one.addresses.join(", ")}): ${use} (${one.reason})${echo}${trouble}`,
    );
  }
  if (listening !== null) {
    const silent = ownPort.filter(({ trouble }) => trouble !== null);
    lines.push(
      `Listening: ${listening}, ${silent.length === 0 ? "answers" : `${String(silent.length)} of ${String(ownPort.length)} addresses do not answer`}`,
    );
  }
  lines.push(peers.length === 0 ? "Other computers: none" : "Other computers:");
  lines.push(...peers.map((peer) => `  ${peerLine(peer)}`));
  lines.push(findings.length === 0 ? "All is well." : "What to do:");
  for (const { severity, text, nextStep } of findings)
    lines.push(`  ${severity}: ${text}`, `    ${nextStep}`);
  return lines;
}

function peerLine(peer: PeerFacts): string {
  const name = printable(peer.name ?? peer.deviceId.slice(0, 8));
  const seen =
    peer.seenMsAgo === null
      ? "not seen"
      : `seen ${(peer.seenMsAgo / 1000).toFixed(0)} s ago at ${peer.addresses.join(", ")}`;
  const state = peer.isConnected
    ? "connected"
    : (peer.refusal ?? "not connected");
  return `${name}: ${seen}, ${state}`;
}
