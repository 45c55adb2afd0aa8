import type { DeviceId, JobId } from "../core/identifiers.ts";
import type { SchedulerConfig } from "../core/scheduler/config.ts";
import type { Binaries } from "../media/binaries.ts";
import type { NodeStore } from "../store/node-store.ts";
import type { Job } from "./job.ts";

/** What a master is given by the node that runs it. */
export interface MasterOptions {
  readonly binaries: Binaries;
  /** Capability keys of the master's own ffmpeg. */
  readonly capabilities: readonly string[];
  /** The node's folder; below it every job has a private one for its finished parts. */
  readonly dataFolder: string;
  readonly store: NodeStore;
  /** Its own worker (role both) has this id too: nothing is sent over a network. */
  readonly ownDeviceId: DeviceId;
  readonly scheduler: Partial<SchedulerConfig>;
  readonly nowMs: () => number;
  readonly onLog: (line: string) => void;
  /** A job is done; told again of each at the next start. */
  readonly onDone?: (job: Job) => void;
  /** Something a face may show has changed. Called often: the receiver gathers. */
  readonly onChanged: (jobId: JobId | null) => void;
}
