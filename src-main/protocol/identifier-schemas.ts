/** Ids and codes as they come from disk. */
import { z } from "zod";
import { isErrorCode } from "../core/errors.ts";
import type { ErrorCode } from "../core/errors.ts";
import { isDeviceId } from "../core/identifiers.ts";
import type {
  AttemptId,
  DeviceId,
  JobId,
  TaskId,
} from "../core/identifiers.ts";

const jobIdPattern = /^[A-Za-z0-9_-]{1,64}$/;

/** Whether a text may be a stored job's id: it becomes a file name. */
export const isStorableJobId = (text: string): boolean =>
  jobIdPattern.test(text);

export const deviceIdSchema = z.custom<DeviceId>(
  (value) => typeof value === "string" && isDeviceId(value),
);
export const jobIdSchema = z.custom<JobId>(
  (value) => typeof value === "string" && isStorableJobId(value),
);
export const taskIdSchema = z.custom<TaskId>(
  (value) => typeof value === "string",
);
export const attemptIdSchema = z.custom<AttemptId>(
  (value) => typeof value === "string",
);
export const errorCodeSchema = z.custom<ErrorCode>(
  (value) => typeof value === "string" && isErrorCode(value),
);
