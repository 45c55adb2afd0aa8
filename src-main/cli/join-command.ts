/** `join`: pairs this machine with a master, through its running node or without one. */
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline/promises";
import { formatDeviceId } from "../core/device-name.ts";
import { Failure } from "../core/errors.ts";
import { loadIdentity } from "../net/identity.ts";
import { joinFirst, readCode, readLink } from "../net/pairing/join.ts";
import { appVersion } from "../protocol/app-version.ts";
import type { UiJoined } from "../protocol/ui-pairing.ts";
import { addressText, keepMaster } from "../store/kept-peers.ts";
import { openNodeStore } from "../store/node-store.ts";
import { parseAddress, type Address } from "./argument-checks.ts";
import { dataFolderOf, type CommandContext } from "./command-context.ts";
import { exitCodes } from "./failure-report.ts";
import { withNode, type NodeOptionsTyped } from "./queue-commands.ts";
import { defaultPort } from "./serve-command.ts";
import { readUiAddress } from "./ui-connection.ts";

export interface JoinOptionsTyped extends NodeOptionsTyped {
  readonly code?: string;
}

/** Where to, and with what. */
type Wanted =
  | { readonly link: string }
  | { readonly address: Address; readonly code: string };

/** `target`: the master's address, or a join link. */
export async function join(
  context: CommandContext,
  target: string,
  options: JoinOptionsTyped,
): Promise<number> {
  const { terminal } = context;
  const wanted = await readTarget(context, target, options);
  const folder = dataFolderOf(context, options.data);
  const isRunning = (await readUiAddress(folder)) !== null;
  const joined = isRunning
    ? await joinThroughNode(context, wanted, options)
    : await joinAlone(context, wanted, folder);
  if (options.json) terminal.printJson(joined);
  else {
    terminal.print(`Joined: ${joined.name} (${joined.idText})`);
    if (!isRunning)
      terminal.note(
        "Type `reelfarm serve --role worker` to begin working for it.",
      );
  }
  return exitCodes.ok;
}

async function readTarget(
  context: CommandContext,
  target: string,
  { code }: JoinOptionsTyped,
): Promise<Wanted> {
  if (target.startsWith("reelfarm:")) return { link: target };
  const address = parseAddress(target, defaultPort);
  return { address, code: code ?? (await askCode(context)) };
}

async function askCode({ lifetime }: CommandContext): Promise<string> {
  if (!process.stdin.isTTY)
    throw new Failure(
      "usage",
      "Pass the code the master shows: --code 123456, or a join link in the place of the address.",
    );
  const lines = createInterface({
    input: process.stdin,
    output: process.stderr,
  });
  try {
    return await lines.question("Code shown by the master: ", {
      signal: lifetime.signal,
    });
  } finally {
    lines.close();
  }
}

function joinThroughNode(
  context: CommandContext,
  wanted: Wanted,
  options: NodeOptionsTyped,
): Promise<UiJoined> {
  return withNode(context, options, (node) =>
    "link" in wanted
      ? node.ask({ type: "join-by-link", link: wanted.link })
      : node.ask({
          type: "join-by-code",
          ...wanted.address,
          code: wanted.code,
        }),
  );
}

/** The next node of this folder is a worker of that master. */
async function joinAlone(
  { lifetime, terminal }: CommandContext,
  wanted: Wanted,
  folder: string,
): Promise<UiJoined> {
  const { secret, addresses } =
    "link" in wanted
      ? readLink(wanted.link)
      : { secret: readCode(wanted.code), addresses: [wanted.address] };
  const identity = await loadIdentity(path.join(folder, "identity"));
  const store = await openNodeStore(folder);
  lifetime.keep({ end: () => store.close() });
  const joined = await joinFirst(addresses, {
    ...secret,
    identity,
    hello: { appVersion, name: store.settings.name || os.hostname() },
    signal: lifetime.signal,
    onWaiting: (name) => terminal.note(`${name} is being asked…`),
  });
  await keepMaster(store, joined);
  await store.updateSettings({ role: "worker" });
  return {
    masterId: joined.masterId,
    idText: formatDeviceId(joined.masterId),
    name: joined.name,
    address: addressText(joined.address),
  };
}
