import type { Binaries } from "../media/binaries.ts";
import type { Capabilities } from "../media/capabilities.ts";
import type { Identity } from "../net/identity.ts";
import type { LocalHello } from "../protocol/hello.ts";
import type { History } from "../store/history.ts";
import type { NodeStore } from "../store/node-store.ts";
import type { NodeNetwork } from "./node-network.ts";
import type { NodeOptions } from "./node-options.ts";

/** What every part of a node is given. */
export interface NodeContext {
  readonly options: NodeOptions;
  readonly store: NodeStore;
  readonly identity: Identity;
  readonly binaries: Binaries;
  readonly capabilities: Capabilities;
  readonly hello: LocalHello;
  readonly network: NodeNetwork;
  readonly history: History;
  readonly log: (line: string) => void;
  /** Faces are told; with a job's id when only that job changed. */
  readonly touch: (jobId: string | null) => void;
}
