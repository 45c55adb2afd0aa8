/**
 * Control messages between a master and a worker, after both said hello.
 * Small, versioned by the hello, validated on both sides. Media never travels
 * here: it goes over transfers named after the attempt.
 */
import { z } from "zod";
import { isErrorCode, type ErrorCode } from "../core/errors.ts";
import { attemptId, type AttemptId } from "../core/identifiers.ts";
import type { Order } from "../core/order.ts";
import { orderSchema } from "./order-schema.ts";

/** Core's own type: what is sent need only fit it; what is received passed the stricter schema. */
const order: z.ZodType<Order> = orderSchema;

/** Longest text a peer may send for people to read. */
const maxDetailCharacters = 400;
/** More capability keys than any ffmpeg build could give. */
const maxCapabilities = 200;

const attempt = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/)
  .transform((text): AttemptId => attemptId(text));
const detail = z.string().max(maxDetailCharacters);
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const code = z
  .string()
  .max(40)
  .transform((text): ErrorCode => (isErrorCode(text) ? text : "peer-broken"));

const availability = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("ready") }),
  z.strictObject({ kind: z.literal("draining") }),
  z.strictObject({ kind: z.literal("suspended"), reason: z.string().max(40) }),
]);

/** What a worker tells of itself when it joins. */
const machine = z.strictObject({
  platform: z.string().max(40),
  cpuModel: z.string().max(120),
  cpuCount: z.number().int().min(1).max(4096),
  memoryBytes: count,
  ffmpegVersion: z.string().max(120),
});

export const workerMessageSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("joined"),
    machine,
    capabilities: z.array(z.string().max(60)).max(maxCapabilities),
    slots: z.number().int().min(1).max(64),
    /** Attempts still alive here from before the connection was lost. */
    running: z.array(attempt).max(256),
    availability,
  }),
  z.strictObject({ type: z.literal("availability-changed"), availability }),
  z.strictObject({ type: z.literal("started"), attemptId: attempt }),
  z.strictObject({
    type: z.literal("progressed"),
    attemptId: attempt,
    framesDone: count,
    framesPerSecond: z.number().min(0).max(1e6),
  }),
  z.strictObject({
    type: z.literal("finished"),
    attemptId: attempt,
    frames: count,
    sizeBytes: count,
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  z.strictObject({
    type: z.literal("failed"),
    attemptId: attempt,
    code,
    detail,
  }),
  z.strictObject({
    type: z.literal("load-measured"),
    cpuRatio: z.number().min(0).max(1),
  }),
]);
export type WorkerMessage = z.infer<typeof workerMessageSchema>;
export type MachineFacts = z.infer<typeof machine>;

export const masterMessageSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("offer"),
    attemptId: attempt,
    order,
  }),
  /** The later part of the range was given to another worker. */
  z.strictObject({
    type: z.literal("shortened"),
    attemptId: attempt,
    expectedFrames: count,
    endUs: z.number().int(),
  }),
  z.strictObject({
    type: z.literal("cancel"),
    attemptId: attempt,
    reason: z.string().max(40),
  }),
  /** The result was verified and kept: the worker may forget it. */
  z.strictObject({ type: z.literal("accepted"), attemptId: attempt }),
  /** The result was refused. */
  z.strictObject({
    type: z.literal("refused"),
    attemptId: attempt,
    code,
    detail,
  }),
]);
export type MasterMessage = z.infer<typeof masterMessageSchema>;

/** Names of an attempt's transfers; both ends derive them. */
export const transferIds = {
  feed: (id: AttemptId): string => `${id}/in`,
  result: (id: AttemptId): string => `${id}/out`,
  subtitle: (id: AttemptId): string => `${id}/subtitle`,
} as const;
