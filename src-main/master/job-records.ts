import { rm } from "node:fs/promises";
import type { NodeStore } from "../store/node-store.ts";
import { recordOf } from "./job-archive.ts";
import type { JobQueue } from "./job-queue.ts";
import type { Job } from "./job.ts";

export interface RecordPorts {
  readonly store: NodeStore;
  readonly queue: JobQueue;
  readonly whenOver: (work: Promise<void>) => void;
  readonly onLog: (line: string) => void;
}

/** The jobs of the queue on disk, and their finished parts. */
export class JobRecords {
  private readonly ports: RecordPorts;

  constructor(ports: RecordPorts) {
    this.ports = ports;
  }

  /** Resolves when the job would survive a crash as it is. */
  async save(job: Job): Promise<void> {
    if (job.isProbed) job.rates.isKept = true;
    await this.ports.store.putJob(recordOf(job));
  }

  /** For changes nobody waits for; a store that cannot be written is told of in the log. */
  saveSoon(job: Job): void {
    const { queue, whenOver, onLog } = this.ports;
    if (queue.find(job.id) === undefined) return;
    whenOver(
      this.save(job).catch((error: unknown) => {
        onLog(error instanceof Error ? error.message : "");
      }),
    );
  }

  /** Forgets what is finished of a job, and removes it from the disk. */
  async clearParts(job: Job): Promise<void> {
    job.forgetParts();
    await this.ports.store.dropSegments(job.id);
    await rm(job.folder, { recursive: true, force: true });
  }
}
