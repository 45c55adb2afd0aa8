import { randomBytes } from "node:crypto";
import type { DeviceId } from "../core/identifiers.ts";
import { Master } from "../master/master.ts";
import { startFarmServer, type FarmServer } from "../net/farm-server.ts";
import { isKnownWorker } from "../protocol/peer.ts";
import type { NodeContext } from "./node-context.ts";
import type { HostAndPort } from "./node-options.ts";
import { OpenParts } from "./open-parts.ts";

/** A node's half that owns the queue. */
export interface MasterRole {
  readonly master: Master;
  readonly server: FarmServer;
  readonly listening: HostAndPort;
  /** Ends attempts and links; the queue stays in the store for the next time. */
  close(): Promise<void>;
}

/**
 * Takes up the stored queue and listens for workers. Failure `address-in-use`;
 * nothing stays open then.
 */
export async function startMasterRole(
  context: NodeContext,
): Promise<MasterRole> {
  const parts = new OpenParts();
  try {
    return await open(context, parts);
  } catch (error) {
    await parts.close();
    throw error;
  }
}

async function open(
  context: NodeContext,
  parts: OpenParts,
): Promise<MasterRole> {
  const { options, identity, store, log } = context;
  const master = new Master({
    binaries: context.binaries,
    capabilities: context.capabilities.keys,
    dataFolder: options.dataFolder,
    store,
    ownDeviceId: identity.deviceId,
    scheduler: {
      ...options.scheduler,
      idPrefix: `${randomBytes(8).toString("hex")}-`,
    },
    nowMs: () => Date.now(),
    onLog: log,
    onChanged: context.touch,
  });
  parts.add(() => master.close());
  const isAllowed = (id: DeviceId): boolean =>
    id === identity.deviceId ||
    options.allow.includes(id) ||
    isKnownWorker(store.settings.peers, id);
  const server = await startFarmServer({
    identity,
    host: options.listen.host,
    port: options.listen.port,
    hello: context.hello,
    isAllowed,
    onWorker: (link) => {
      master.attach(link);
    },
    onRefused: (refusal) => {
      log(`refused ${JSON.stringify(refusal)}`);
    },
  });
  parts.add(() => server.close());
  master.resume();
  const listening = { host: options.listen.host, port: server.port };
  return { master, server, listening, close: () => parts.close() };
}
