import type { DeviceId, JobId } from "../../src-main/core/identifiers.ts";

/** Short names stand in for real ids in virtual farms. */
export const deviceId = (name: string): DeviceId => name as DeviceId;
export const jobIdOf = (name: string): JobId => name as JobId;
