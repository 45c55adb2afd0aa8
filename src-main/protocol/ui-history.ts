/** The part of the UI contract about what was done: finished jobs outlive their row in the queue. */
import { z } from "zod";

export const historyRequestSchemas = [
  z.strictObject({
    type: z.literal("history"),
    /** Latest first; for pages. */
    before: z.number().min(0).nullable(),
    limit: z.int().min(1).max(500),
  }),
  z.strictObject({ type: z.literal("clear-history") }),
] as const;

export type HistoryRequest = z.infer<(typeof historyRequestSchemas)[number]>;

const historyRequestTypes: ReadonlySet<string> = new Set([
  "history",
  "clear-history",
]);

/** Whether a face asks about what was done before. */
export function isHistoryRequest<Other extends { readonly type: string }>(
  request: Other | HistoryRequest,
): request is HistoryRequest {
  return historyRequestTypes.has(request.type);
}

export interface UiFinishedJob {
  readonly jobId: string;
  readonly name: string;
  readonly presetName: string;
  readonly outputPath: string;
  readonly finishedAtMs: number;
  readonly sourceBytes: number;
  readonly outputBytes: number;
  readonly durationS: number | null;
  readonly wallS: number;
  readonly workers: readonly {
    readonly name: string;
    readonly frames: number;
  }[];
}

export interface UiHistory {
  readonly jobs: readonly UiFinishedJob[];
  readonly hasMore: boolean;
  /** Of all finished jobs, also of those not in `jobs`. */
  readonly totals: {
    readonly jobs: number;
    readonly sourceBytes: number;
    readonly outputBytes: number;
    /** What one machine alone would have taken longer, seconds. */
    readonly savedS: number;
    readonly workers: readonly {
      readonly name: string;
      readonly frames: number;
    }[];
    /** Bytes saved by month, oldest first: `2026-11`. */
    readonly months: readonly {
      readonly month: string;
      readonly savedBytes: number;
      readonly jobs: number;
    }[];
  };
}

export interface UiHistoryAnswers {
  readonly history: UiHistory;
}
