import { appVersion } from "../protocol/app-version.ts";
import { mastersOf } from "../protocol/peer.ts";
import type { UiNode } from "../protocol/ui-contract.ts";
import type { NodeContext } from "./node-context.ts";
import type { NodeRoles } from "./node-roles.ts";

/** A node's own row for its faces. */
export function nodeView(context: NodeContext, roles: NodeRoles): UiNode {
  const { options, identity, store } = context;
  const listening = roles.master?.listening;
  const session = roles.worker?.session ?? null;
  const served = roles.worker?.master?.deviceId;
  return {
    deviceId: identity.deviceId,
    name: options.name,
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
    queuePaused: roles.master?.master.queuePaused ?? false,
  };
}
