import { appVersion } from "../protocol/app-version.ts";
import { mastersOf } from "../protocol/peer.ts";
import type { Settings } from "../protocol/settings.ts";
import type { UiNode } from "../protocol/ui-contract.ts";
import type { UiLanWindow } from "../protocol/ui-lan.ts";
import type { UiPairing } from "../protocol/ui-pairing.ts";
import type { UiOwnWorker, UiSettings } from "../protocol/ui-setup.ts";
import type { NodeContext } from "./node-context.ts";
import type { NodeRoles } from "./node-roles.ts";
import type { WorkerRole } from "./worker-role.ts";

/** A node's own row for its faces. */
export function nodeView(
  context: NodeContext,
  roles: NodeRoles,
  pairing: UiPairing | null,
  lanWindow: UiLanWindow | null,
): UiNode {
  const { hello, identity, store } = context;
  const listening = roles.master?.listening;
  const session = roles.worker?.session ?? null;
  const served = roles.worker?.master?.deviceId;
  return {
    deviceId: identity.deviceId,
    name: hello.name,
    version: appVersion,
    role: roles.role,
    listening: listening ? `${listening.host}:${listening.port}` : null,
    masterState: session === null ? "none" : session.kind,
    masterName:
      session?.kind === "connected" ? session.link.peerHello.name : null,
    masterTrouble:
      session?.kind === "connecting"
        ? (session.failure?.message ?? null)
        : null,
    masters: mastersOf(store.settings.peers).map(
      ({ deviceId, name, lastAddresses }) => ({
        deviceId,
        label: name,
        address: lastAddresses[0] ?? "",
        isServed: deviceId === served,
      }),
    ),
    worker: ownWorker(roles.worker),
    settings: settingsView(store.settings),
    queuePaused: roles.master?.master.queuePaused ?? false,
    pairing,
    seenPeers: context.network.seen(),
    lanWindow,
  };
}

function ownWorker(role: WorkerRole | null): UiOwnWorker | null {
  if (role === null) return null;
  const { availability, knowsIdle } = role.owner;
  const isSuspended = availability.kind === "suspended";
  return {
    state: isSuspended ? "suspended" : "ready",
    reason: isSuspended ? availability.reason : null,
    knowsIdle,
    heldAttempts: role.worker.heldAttempts,
  };
}

function settingsView(settings: Settings): UiSettings {
  const { listenPort, interfaces, discovery, limits } = settings;
  const { watchFolders, whenDone, output, defaultPreset, queue } = settings;
  return {
    listenPort,
    interfaces,
    discovery,
    limits,
    watchFolders,
    whenDone,
    output,
    defaultPreset,
    queue,
  };
}
