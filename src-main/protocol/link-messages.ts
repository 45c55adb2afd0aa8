import { z } from "zod";

/**
 * What two nodes say on the control connection below the application's own
 * messages: heartbeats and the bookkeeping of transfers (SPEC.md, W10 to W19).
 */
const transferNumber = z.int().min(1).max(0xffff_ffff);
const byteCount = z.int().min(0);
const failureCode = z.string().max(64);
/** `attempt/in` and the like; told to the other side by the application. */
export const transferIdSchema = z.string().min(1).max(200);

/** What receiver and sender say about one transfer. */
export const transferMessageSchema = z.discriminatedUnion("k", [
  /** Receiver: send me the transfer of this name under this number. */
  z.strictObject({
    k: z.literal("want"),
    n: transferNumber,
    id: transferIdSchema,
    /** Contiguous bytes here already; nothing before it is sent again. */
    have: byteCount,
    /** Bytes the consumer took; the sender may go `windowBytes` beyond. */
    took: byteCount,
  }),
  z.strictObject({ k: z.literal("took"), n: transferNumber, took: byteCount }),
  /** Receiver: everything arrived, was verified and taken. */
  z.strictObject({ k: z.literal("done"), n: transferNumber, took: byteCount }),
  /** Receiver: stop sending. */
  z.strictObject({
    k: z.literal("stop"),
    n: transferNumber,
    code: failureCode,
  }),
  /** Sender: no more will come. */
  z.strictObject({
    k: z.literal("fail"),
    n: transferNumber,
    code: failureCode,
  }),
]);
/** A message about a transfer. */
export type TransferMessage = z.infer<typeof transferMessageSchema>;

/** Everything on the control connection after the hellos. */
export const linkMessageSchema = z.discriminatedUnion("k", [
  z.strictObject({ k: z.literal("ping"), at: z.int().min(0) }),
  z.strictObject({ k: z.literal("pong"), at: z.int().min(0) }),
  /** A message of the application, judged there. */
  z.strictObject({ k: z.literal("app"), m: z.unknown() }),
  ...transferMessageSchema.options,
]);
/** Any message of the control connection after the hello. */
export type LinkMessage = z.infer<typeof linkMessageSchema>;

/** Last message before a refusal closes the connection; readable by any version. */
export const refusalSchema = z.object({
  refused: z.object({ code: z.string().max(64), detail: z.string().max(300) }),
});
/** Why a peer is turned away. */
export type Refusal = z.infer<typeof refusalSchema>;
