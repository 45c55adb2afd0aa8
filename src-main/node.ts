/**
 * A node: the one file that puts real parts together. Master, worker or both,
 * with a UI server beside them; nothing here knows of Electron.
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findBinaries } from "./media/binaries.ts";
import { probeSource } from "./media/probe.ts";
import { loadIdentity } from "./net/identity.ts";
import { LanWindow } from "./node/lan-window.ts";
import { readCapabilities } from "./node/machine.ts";
import type { NodeContext } from "./node/node-context.ts";
import { answerForHistory } from "./node/node-history.ts";
import { NodeMedia } from "./node/node-media.ts";
import { NodeNetwork } from "./node/node-network.ts";
import type { NodeOptions, RunningNode } from "./node/node-options.ts";
import { NodeRoles } from "./node/node-roles.ts";
import { NodePairing } from "./node/node-pairing.ts";
import { nodeView } from "./node/node-view.ts";
import { OpenParts } from "./node/open-parts.ts";
import { RefusalLog } from "./node/refusal-log.ts";
import { keepWindowKey, readWindowKey } from "./node/window-key.ts";
import { appVersion } from "./protocol/app-version.ts";
import { History } from "./store/history.ts";
import { openNodeStore } from "./store/node-store.ts";
import { loadPresets, savePreset } from "./store/preset-folder.ts";
import { removePreset } from "./store/preset-removal.ts";
import { NodeHost } from "./ui-server/node-host.ts";
import type { UiHost } from "./ui-server/ui-host.ts";
import { startUiServer, type RefusedFace } from "./ui-server/ui-server.ts";

export type { NodeOptions, RunningNode } from "./node/node-options.ts";

/** Starts a node. Rejects with a Failure (ffmpeg-missing, address-in-use, …) and leaves nothing behind. */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const parts = new OpenParts();
  try {
    return await assemble(options, parts);
  } catch (error) {
    await parts.close();
    throw error;
  }
}

async function assemble(
  options: NodeOptions,
  parts: OpenParts,
): Promise<RunningNode> {
  let host: NodeHost | null = null;
  let roles: NodeRoles | null = null;
  const context = await openContext(options, parts, (jobId) => {
    host?.touch(jobId);
    if (jobId === null && roles !== null) context.network.follow(roles);
  });
  roles = new NodeRoles(context);
  const pairing = new NodePairing(context, roles);
  parts.add(() => {
    pairing.close();
  });
  const media = await NodeMedia.open(
    context,
    () => roles?.master?.master ?? null,
  );
  parts.add(() => media.close());
  const lan = new LanWindow(context);
  host = await openHost(context, { media, roles, pairing, lan });
  const opened = host;
  parts.add(() => {
    opened.close();
  });
  parts.add(() => roles.close());
  await roles.become(options.role ?? context.store.settings.role);
  const ui = await startUi(context, parts, host, media);
  parts.add(() => lan.close());
  if (ui !== null) await lan.open(host, media.uploads);
  return running(context, parts, host, roles, ui);
}

async function openContext(
  options: NodeOptions,
  parts: OpenParts,
  touch: NodeContext["touch"],
): Promise<NodeContext> {
  const log = options.onLog ?? (() => undefined);
  await mkdir(options.dataFolder, { recursive: true, mode: 0o700 });
  const identity = await loadIdentity(join(options.dataFolder, "identity"));
  const store = await openNodeStore(options.dataFolder);
  parts.add(() => store.close());
  const { uiLan } = options;
  if (uiLan !== undefined)
    await store.updateSettings({
      uiLanAccess: uiLan.isOn,
      ...(uiLan.port === undefined ? {} : { uiLanPort: uiLan.port }),
    });
  const binaries = await findBinaries({
    ...(options.ffmpeg === null ? {} : { ffmpeg: options.ffmpeg }),
    ...(options.ffprobe === null ? {} : { ffprobe: options.ffprobe }),
  });
  const capabilities = await readCapabilities(options.dataFolder, binaries);
  for (const warning of capabilities.warnings) log(warning);
  const history = await History.open(options.dataFolder);
  parts.add(() => history.close());
  const hello = {
    appVersion,
    /** A person's word at run time goes before that of the start. */
    get name() {
      return store.settings.name || options.name;
    },
  };
  const network = new NodeNetwork({
    ...{ options, identity, store, log },
    onChanged: () => {
      touch(null);
    },
  });
  parts.add(() => network.close());
  return {
    options,
    store,
    identity,
    binaries,
    capabilities,
    hello,
    network,
    history,
    log,
    touch,
  };
}

interface HostParts {
  readonly media: NodeMedia;
  readonly roles: NodeRoles;
  readonly pairing: NodePairing;
  readonly lan: LanWindow;
}

async function openHost(
  context: NodeContext,
  { media, roles, pairing, lan }: HostParts,
): Promise<NodeHost> {
  const { options, binaries, capabilities, log } = context;
  // Only to tell at the start what is wrong with which file.
  await loadPresets(options.dataFolder, (file, failure) => {
    log(`preset ${file}: ${failure.message}`);
  });
  return new NodeHost({
    master: () => roles.master?.master ?? null,
    setup: (request) => roles.handle(request),
    pairing: (request) => pairing.handle(request),
    network: (request) => context.network.handle(request),
    media: (request, signal) => media.handle(request, signal),
    history: (request) => answerForHistory(request, context.history),
    lan: (request) => lan.handle(request),
    folderInstead: (path) => media.folderInstead(path),
    labelOf: (id) => pairing.labelOf(id),
    outdated: () => roles.master?.gate.outdated.rows() ?? [],
    node: () => nodeView(context, roles, pairing.view(), lan.view()),
    presets: {
      all: () => loadPresets(options.dataFolder),
      save: (preset) => savePreset(options.dataFolder, preset),
      remove: (name) => removePreset(options.dataFolder, name),
    },
    capabilities: () => ({
      ffmpegVersion: capabilities.ffmpegVersion,
      ffmpegPath: binaries.ffmpeg,
      keys: capabilities.keys,
      warnings: capabilities.warnings,
    }),
    probe: (path) => probeSource(binaries, path),
    nowMs: () => Date.now(),
  });
}

async function startUi(
  { options, log }: NodeContext,
  parts: OpenParts,
  host: UiHost,
  { uploads }: NodeMedia,
): Promise<{ url: string; token: string } | null> {
  if (options.ui === null) return null;
  const { dataFolder, ui } = options;
  const { token, port: lastPort } = await readWindowKey(dataFolder);
  const refusals = new RefusalLog(log, () => Date.now());
  const rules = {
    host,
    token,
    bundleFolder: options.bundleFolder,
    extraOrigins: options.uiOrigins,
    uploads,
    onRefused: (refused: RefusedFace) => {
      refusals.add(refused);
    },
  };
  const wanted = ui.port === 0 && lastPort !== null ? lastPort : ui.port;
  const server = await startUiServer({
    ...rules,
    listen: { ...ui, port: wanted },
  }).catch((problem: unknown) => {
    // The last port may be somebody else's by now; one that was asked for is not changed.
    if (wanted === ui.port) throw problem;
    return startUiServer({ ...rules, listen: ui });
  });
  parts.add(() => server.close());
  await keepWindowKey(dataFolder, { token, port: server.port });
  const file = join(dataFolder, "ui.json");
  await writeFile(
    file,
    JSON.stringify({ url: server.url, token, pid: process.pid }),
    { mode: 0o600 },
  );
  parts.add(() => rm(file, { force: true }));
  return { url: server.url, token };
}

function running(
  context: NodeContext,
  parts: OpenParts,
  host: UiHost,
  roles: NodeRoles,
  ui: RunningNode["ui"],
): RunningNode {
  let resolveClosed: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    resolveClosed = resolve;
  });
  return {
    deviceId: context.identity.deviceId,
    get listening() {
      return roles.master?.listening ?? null;
    },
    ui,
    host,
    closed,
    close: async () => {
      await parts.close();
      resolveClosed();
    },
  };
}
