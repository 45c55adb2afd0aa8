/** What a look through a data folder found: one thing each, with what can be done about it. */
export interface Finding {
  readonly kind: FindingKind;
  readonly severity: "note" | "warning" | "error";
  /** Relative to the data folder. */
  readonly path: string;
  readonly sizeBytes: number;
  /** For people: what it is, and what repairing or cleaning does about it. */
  readonly text: string;
  /** `itself`: the next start does it. */
  readonly remedy: "itself" | "repair" | "clean" | "none";
  readonly done: boolean;
}

/** What it is, for programs. */
export type FindingKind =
  /** A node works in the folder: nothing is changed, and leftovers may be in use. */
  | "node-running"
  /** Written by a newer version: nothing else is looked at or changed. */
  | "store-newer"
  | "index-damaged"
  /** Neither the list of jobs nor its backup can be read. */
  | "index-lost"
  | "journal-torn"
  | "journal-damaged"
  | "job-damaged"
  /** Neither a job's document nor its backup can be read. */
  | "job-lost"
  /** A document of a job that is not in the queue. */
  | "job-unlisted"
  | "segment-missing"
  | "temporary-file"
  /** Set aside by an earlier repair. */
  | "damaged-file-kept"
  /** A work folder of no job. */
  | "work-folder-unlisted"
  /** A file in a job's work folder that is no finished segment. */
  | "work-file-unlisted"
  /** The address of a node that ended without removing it. */
  | "address-stale";
