/** What a node that runs for a desktop shell tells it, and the one thing it is told. */
import { z } from "zod";
import type { UiFailure } from "./ui-contract.ts";

const url = z.url({ protocol: /^http$/ });
const token = z.string().min(1);
const text = z.string().max(4096);

const reportSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("started"), url, token }),
  /** Another process has a node open on the same data; that one is to be used. The reporter ends. */
  z.object({ kind: z.literal("elsewhere"), url, token }),
  /** It did not start, for a reason people can do something about. The reporter ends. */
  z.object({
    kind: z.literal("refused"),
    failure: z.object({
      code: text,
      text,
      nextStep: text,
    }) satisfies z.ZodType<UiFailure>,
  }),
]);
export type NodeReport = z.infer<typeof reportSchema>;

/** Ends the node in peace: encodes are stopped and what they hold is given back. */
export const closeOrder = { kind: "close" } as const;

/** Null when it is none. */
export function parseNodeReport(value: unknown): NodeReport | null {
  const parsed = reportSchema.safeParse(value);
  return parsed.success ? parsed.data : null;
}
