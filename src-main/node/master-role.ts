import { randomBytes } from "node:crypto";
import type { DeviceId } from "../core/identifiers.ts";
import { finishedJobView } from "../master/finished-job-view.ts";
import { Master } from "../master/master.ts";
import { startFarmServer, type FarmServer } from "../net/farm-server.ts";
import { FarmGate } from "./farm-gate.ts";
import type { NodeContext } from "./node-context.ts";
import { watchFolders } from "./node-watch.ts";
import type { HostAndPort } from "./node-options.ts";
import { OpenParts } from "./open-parts.ts";
import { RefusalLog } from "./refusal-log.ts";

/** A node's half that owns the queue. */
export interface MasterRole {
  readonly master: Master;
  readonly server: FarmServer;
  readonly listening: HostAndPort;
  readonly gate: FarmGate;
  /** Ends all a device has with this master, and keeps it out until it is paired anew. */
  shutOut(id: DeviceId): void;
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
  const { options, identity, store, history, log } = context;
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
    onDone: (job) => {
      const finished = finishedJobView(job);
      if (finished === null) return;
      history.add(finished).catch((error: unknown) => {
        log(`history: ${error instanceof Error ? error.message : ""}`);
      });
    },
    onChanged: context.touch,
  });
  parts.add(() => master.close());
  const gate = new FarmGate(context);
  const refusals = new RefusalLog(log, () => Date.now());
  const server = await startFarmServer({
    identity,
    host: options.listen.host,
    port: options.listen.port,
    hello: context.hello,
    isAllowed: (id) => gate.isAllowed(id),
    pairing: gate.pairing,
    onWorker: (link) => {
      gate.outdated.remove(link.peerId);
      master.attach(link);
    },
    onOutdated: (peer) => {
      gate.outdated.add(peer);
      context.touch(null);
    },
    onRefused: (refusal) => {
      refusals.add(refusal);
      context.network.turnedAway(refusal);
    },
  });
  parts.add(() => server.close());
  parts.add(() => {
    gate.pairing.stop();
  });
  master.resume();
  parts.add(await watchFolders(context, master));
  const listening = { host: options.listen.host, port: server.port };
  return {
    master,
    server,
    listening,
    gate,
    shutOut: (id) => {
      gate.shutOut(id);
      server.disconnect(id);
    },
    close: () => parts.close(),
  };
}
