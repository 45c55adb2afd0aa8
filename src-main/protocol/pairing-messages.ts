/**
 * What two devices say on `/pair` (SPEC.md, rules P1 to P11), in this order:
 * opening of the worker, opening of the master, proof of the worker, `waiting`
 * where a person is asked, verdict of the master, `done` of the worker. In the
 * place of any of its messages the master may say `refused` (link-messages.ts).
 */
import { z } from "zod";
import { helloSchema } from "./hello.ts";

/** A message is a few hundred bytes; a stranger gets room for little more. */
export const pairingMessageMaxBytes = 4096;

const share = z.string().regex(/^[0-9a-f]{64}$/);
const proof = z.string().regex(/^[0-9a-f]{128}$/);

/** Who is there, as any version reads it. */
export const pairingIntroductionSchema = helloSchema.pick({ reelfarm: true });
export type PairingIntroduction = z.infer<typeof pairingIntroductionSchema>;

export const workerOpeningSchema = z.object({
  reelfarm: helloSchema.shape.reelfarm,
  pairing: z.strictObject({ means: z.enum(["code", "link"]), share }),
});
export const masterOpeningSchema = z.object({
  reelfarm: helloSchema.shape.reelfarm,
  pairing: z.strictObject({ share }),
});
export const workerProofSchema = z.strictObject({ proof });
/** `waiting` may come once before the proof. */
export const masterVerdictSchema = z.union([
  z.strictObject({ waiting: z.literal(true) }),
  z.strictObject({ proof }),
]);
export const workerDoneSchema = z.strictObject({ done: z.literal(true) });
