import { z } from "zod";
import type { KeptSizeControl } from "../core/kept-size-control.ts";

/** Where the passes of a job with a bitrate or a size stand, as its record keeps it. */
export interface KeptRates {
  readonly stage: number;
  readonly kind: "analysis" | "samples" | "encode";
  /** Null: nothing was handed out yet. */
  readonly analysisQuality: number | null;
  /** Null: the analysis is not complete. */
  readonly control: KeptSizeControl | null;
}

const frame = z.int().nonnegative();
const bytes = z.number().nonnegative();

const control = z
  .strictObject({
    targetBytes: z.number().positive(),
    framesPerSecond: z.number().positive(),
    analysisQuality: z.number(),
    bounds: z.array(frame).min(2),
    bytes: z.array(bytes).min(1),
    samples: z.array(
      z.strictObject({
        startFrame: frame,
        endFrame: frame,
        bytes,
        quality: z.number(),
      }),
    ),
  })
  .refine(
    (kept) =>
      kept.bounds.length === kept.bytes.length + 1 &&
      kept.bounds.every(
        (bound, at) => at === 0 || bound > kept.bounds[at - 1]!,
      ),
  ) satisfies z.ZodType<KeptSizeControl>;

const keptRates = z
  .strictObject({
    stage: z.int().positive(),
    kind: z.enum(["analysis", "samples", "encode"]),
    analysisQuality: z.number().nullable(),
    control: control.nullable(),
  })
  .refine(
    (kept) => (kept.kind === "analysis") === (kept.control === null),
  ) satisfies z.ZodType<KeptRates>;

/** Null for a text that is none: the passes begin anew. */
export function parseKeptRates(text: string): KeptRates | null {
  try {
    return keptRates.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
