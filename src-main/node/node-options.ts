import type { DeviceId } from "../core/identifiers.ts";
import type { SchedulerConfig } from "../core/scheduler/config.ts";
import type { UiHost } from "../ui-server/ui-host.ts";

/** What a node is; undecided until somebody answered the first question. */
export type NodeRole = "undecided" | "master" | "worker" | "both";

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** A master and where to find it. */
export interface MasterAddress extends HostAndPort {
  readonly deviceId: DeviceId;
}

export interface NodeOptions {
  readonly dataFolder: string;
  /** Null: the role it had when it last ran. */
  readonly role: NodeRole | null;
  readonly name: string;
  /** Master: where workers dial in; port 0 takes any free one. */
  readonly listen: HostAndPort;
  /** Null: no UI server. */
  readonly ui: HostAndPort | null;
  /** The window for other devices, on or off from now on, and where. Undefined: as it was. */
  readonly uiLan?: { readonly isOn: boolean; readonly port?: number };
  /** Worker: whom to serve. Null: the first of the masters it knows. */
  readonly master: MasterAddress | null;
  /** Finds and is found by others on the network, where the settings allow it. Undefined: not. */
  readonly discovers?: boolean;
  /** Devices let in besides the stored ones. */
  readonly allow: readonly DeviceId[];
  readonly ffmpeg: string | null;
  readonly ffprobe: string | null;
  /** Worker: encodes at the same time. Null: one. */
  readonly slots: number | null;
  /** Worker: encoder threads of each. Null: as the encoder likes. */
  readonly threads: number | null;
  /** Worker: its owner's limits do not hold; for a farm somebody waits for. */
  readonly ignoresLimits?: boolean;
  /** Other numbers for the scheduler than its own; for measurements. */
  readonly scheduler?: Partial<SchedulerConfig>;
  /** The built pages the UI server gives out. Undefined: none. */
  readonly bundleFolder?: string;
  /** Origins besides the UI server's own, e.g. the desktop window's. */
  readonly uiOrigins?: readonly string[];
  readonly onLog?: (line: string) => void;
}

export interface RunningNode {
  readonly deviceId: DeviceId;
  /** Where workers dial in at this moment; null while it is no master. */
  readonly listening: HostAndPort | null;
  readonly ui: { readonly url: string; readonly token: string } | null;
  readonly host: UiHost;
  /** Resolves once the node is closed. */
  readonly closed: Promise<void>;
  /** Ends encodes and sockets and leaves nothing running; safe to call twice. */
  close(): Promise<void>;
}
