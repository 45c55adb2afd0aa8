/** The part of the UI contract about the network: who is seen, and why somebody is not. */
import { z } from "zod";
import type { DeviceId } from "../core/identifiers.ts";
import type {
  AddressCheck,
  InterfaceFacts,
  NetworkFinding,
  PeerFacts,
} from "../core/discovery/diagnosis.ts";

export const networkRequestSchemas = [
  /** Takes up to some seconds: addresses are knocked at. */
  z.strictObject({ type: z.literal("diagnose-network") }),
  /** Somebody waits in front of a list of masters: look eagerly again. */
  z.strictObject({ type: z.literal("search-network") }),
] as const;

export type NetworkRequest = z.infer<(typeof networkRequestSchemas)[number]>;

/** Whether a face asks about the network. */
export function isNetworkRequest<Other extends { readonly type: string }>(
  request: Other | NetworkRequest,
): request is NetworkRequest {
  return (
    request.type === "diagnose-network" || request.type === "search-network"
  );
}

/** A master that announces itself on the network. Its id is claimed, not proven, until a connection is made. */
export interface UiSeenPeer {
  readonly deviceId: DeviceId;
  /** What people call it; null: it is not paired. */
  readonly name: string | null;
  /** What the computer says it is called, e.g. `gaming-pc`: letters, digits and `-`, at most 63. Anybody may claim any; null: it does not say. */
  readonly hostName: string | null;
  /** `host:port`, the one to try first first. */
  readonly addresses: readonly string[];
  /** False: it speaks another version. */
  readonly isCompatible: boolean;
}

export interface UiNetworkDiagnosis {
  readonly atMs: number;
  readonly isDiscoveryOn: boolean;
  readonly interfaces: readonly InterfaceFacts[];
  /** `host:port`; null: it is no master. */
  readonly listening: string | null;
  readonly ownPort: readonly AddressCheck[];
  readonly peers: readonly PeerFacts[];
  /** What was tried to reach the master served; null: none is. */
  readonly masterTried: readonly AddressCheck[] | null;
  /** The gravest first. */
  readonly findings: readonly NetworkFinding[];
}

export interface NetworkAnswers {
  readonly "diagnose-network": UiNetworkDiagnosis;
}
