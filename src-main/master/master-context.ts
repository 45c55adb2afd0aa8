import type { DeviceId } from "../core/identifiers.ts";
import type { UiLogLine } from "../protocol/ui-contract.ts";
import type { AttemptDesk } from "./attempt-desk.ts";
import type { Inheritance } from "./inheritance.ts";
import type { JobQueue } from "./job-queue.ts";
import type { JobRecords } from "./job-records.ts";
import type { Job } from "./job.ts";
import type { MasterOptions } from "./master-options.ts";
import type { SchedulerLoop } from "./scheduler-loop.ts";
import type { WorkerSessions } from "./worker-sessions.ts";

/** What the parts of one master share. */
export interface MasterContext {
  readonly options: MasterOptions;
  readonly queue: JobQueue;
  readonly loop: SchedulerLoop;
  readonly desk: AttemptDesk;
  readonly records: JobRecords;
  readonly sessions: WorkerSessions;
  readonly inheritance: Inheritance;
  /** Closing waits for it. Must not reject. */
  readonly whenOver: (work: Promise<void>) => void;
  /** A worker's name, or the beginning of its id. */
  readonly nameOf: (id: DeviceId) => string;
  readonly log: (job: Job, text: string, level?: UiLogLine["level"]) => void;
  /** Something a face may show has changed. */
  readonly changed: (job: Job | null) => void;
}
