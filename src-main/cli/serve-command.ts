/** `serve`: a lasting node in this process. */
import os from "node:os";
import { fileURLToPath } from "node:url";
import { formatDeviceId } from "../core/device-name.ts";
import { Failure } from "../core/errors.ts";
import type { DeviceId } from "../core/identifiers.ts";
import { startNode, type NodeOptions, type RunningNode } from "../node.ts";
import {
  formatAddress,
  isLoopback,
  parseWord,
  type Address,
} from "./argument-checks.ts";
import { dataFolderOf, type CommandContext } from "./command-context.ts";
import { exitCodes } from "./failure-report.ts";
import { onParentGone } from "./worker-process.ts";

/** Where a master listens unless told otherwise: one fixed port, so that firewalls can be told. */
export const defaultPort = 47_600;
/** The built pages lie beside the built program. */
export const bundleFolder = fileURLToPath(
  new URL("../../renderer", import.meta.url),
);
const roles = ["master", "worker", "both"] as const;

export interface ServeOptions {
  readonly role: string;
  readonly data?: string;
  readonly name?: string;
  readonly listen?: Address;
  readonly master?: Address;
  readonly masterId?: DeviceId;
  readonly allow: readonly DeviceId[];
  readonly slots?: number;
  readonly threads?: number;
  /** False with --no-ui. */
  readonly ui: Address | boolean;
  /** A port, or the one it had; left out: as it was. */
  readonly uiLan?: boolean | number;
  readonly withParent?: boolean;
  readonly scheduler?: NodeOptions["scheduler"];
}

/** Runs until SIGTERM, SIGINT or SIGHUP; gives back the exit code. */
export async function serve(
  context: CommandContext,
  typed: ServeOptions,
): Promise<number> {
  const { terminal, lifetime } = context;
  const options = nodeOptions(context, typed);
  // Before anything is started: a parent that is gone already must be noticed, too.
  const parentGone = typed.withParent
    ? new Promise<void>((resolve) => onParentGone(resolve))
    : new Promise<void>(() => undefined);
  const starting = startNode({
    ...options,
    onLog: (line) => terminal.print(line),
  });
  const node = await starting;
  lifetime.keep({ end: () => node.close() });
  for (const line of greeting(node, options, "serve")) terminal.print(line);
  await Promise.race([lifetime.untilInterrupted(), parentGone, node.closed]);
  return exitCodes.ok;
}

function nodeOptions(
  context: CommandContext,
  typed: ServeOptions,
): NodeOptions {
  const role = parseWord(typed.role, "--role", roles);
  const { master, masterId } = typed;
  if ((master === undefined) !== (masterId === undefined))
    throw new Failure(
      "usage",
      "--master and --master-id belong together: an address can be taken over, an id cannot.",
    );
  if (role !== "worker" && master !== undefined)
    throw new Failure("usage", "--master is for --role worker only.");
  return {
    dataFolder: dataFolderOf(context, typed.data),
    role,
    name: typed.name ?? os.hostname(),
    listen: typed.listen ?? { host: "0.0.0.0", port: defaultPort },
    ui: uiAddress(typed.ui),
    ...lanWindowOf(typed.uiLan),
    master: master && masterId ? { ...master, deviceId: masterId } : null,
    discovers: true,
    allow: typed.allow,
    ffmpeg: null,
    ffprobe: null,
    bundleFolder,
    // A farm of one command is waited for; a lasting node makes room for its owner.
    ignoresLimits: typed.withParent ?? false,
    slots: typed.slots ?? null,
    threads: typed.threads ?? null,
    ...(typed.scheduler === undefined ? {} : { scheduler: typed.scheduler }),
  };
}

function lanWindowOf(typed: ServeOptions["uiLan"]): Pick<NodeOptions, "uiLan"> {
  if (typed === undefined) return {};
  const port = typeof typed === "number" ? { port: typed } : {};
  return { uiLan: { isOn: typed !== false, ...port } };
}

function uiAddress(ui: Address | boolean): Address | null {
  if (ui === false) return null;
  const address = ui === true ? { host: "127.0.0.1", port: 0 } : ui;
  if (!isLoopback(address.host))
    throw new Failure(
      "usage",
      "--ui takes an address of this machine only, e.g. 127.0.0.1:8080: what is sent there is not encrypted.",
    );
  return address;
}

/** What a person needs next: the id, where to look, what to type on the other machine. */
export function greeting(
  node: RunningNode,
  options: NodeOptions,
  program: "serve" | "farm",
): string[] {
  const lines = [`${options.name} (${options.role})`];
  lines.push(`  id        ${formatDeviceId(node.deviceId)}`);
  lines.push(`  data      ${options.dataFolder}`);
  if (node.ui) lines.push(`  window    ${uiLink(node.ui)}`);
  for (const url of node.host.snapshot().node.lanWindow?.urls ?? [])
    lines.push(`            ${url} (let browsers in: reelfarm pair --browser)`);
  if (node.listening) {
    lines.push(`  listening ${formatAddress(node.listening)}`);
    if (program === "serve") lines.push(...joinHint(node.listening));
  } else if (node.host.snapshot().node.masterState === "none") {
    lines.push(
      "It has no master yet. Type `reelfarm pair` on the master, and here:",
    );
    lines.push("  reelfarm join HOST --code CODE");
  }
  return lines;
}

function joinHint(listening: Address): string[] {
  if (isLoopback(listening.host))
    return [
      "Only this computer can reach it; start it without --listen for others.",
    ];
  const isAll = listening.host === "0.0.0.0" || listening.host === "::";
  const host = isAll
    ? (firstOutsideAddress() ?? os.hostname())
    : listening.host;
  return [
    "To add a computer: type `reelfarm pair` here, and there",
    `  reelfarm join ${joinWord({ ...listening, host })}`,
  ];
}

/** Without the port that everybody assumes. */
function joinWord(address: Address): string {
  return address.port === defaultPort && !address.host.includes(":")
    ? address.host
    : formatAddress(address);
}

/** The page with its token, as a browser wants it. */
export function uiLink(ui: {
  readonly url: string;
  readonly token: string;
}): string {
  const link = new URL(ui.url);
  link.searchParams.set("token", ui.token);
  return link.href;
}

function firstOutsideAddress(): string | null {
  for (const addresses of Object.values(os.networkInterfaces()))
    for (const { internal, family, address } of addresses ?? [])
      if (!internal && family === "IPv4") return address;
  return null;
}
