/** Branded strings: an id of one kind cannot be passed where another is meant. */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type JobId = Branded<"JobId">;
/** A piece of work of a job: a video segment, or its audio task. */
export type TaskId = Branded<"TaskId">;
/** One worker trying one task; fences late messages. */
export type AttemptId = Branded<"AttemptId">;
/** SHA-256 of a device's public key (SPKI), 64 lower-case hex digits. */
export type DeviceId = Branded<"DeviceId">;

export const jobId = (text: string): JobId => text as JobId;
export const taskId = (text: string): TaskId => text as TaskId;
export const attemptId = (text: string): AttemptId => text as AttemptId;

/** Whether a text has the form of a device id. */
export function isDeviceId(text: string): text is DeviceId {
  return /^[0-9a-f]{64}$/.test(text);
}
