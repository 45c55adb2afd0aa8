/** Whether a worker may work at a moment, by its owner's limits. Pure: told the time and the readings. */
import type { Availability } from "./scheduler/events.ts";
import { isHourAllowed, type WorkerLimits } from "./worker-limits.ts";

/** What is known of the machine and its owner. Null: nobody can tell here. */
export interface OwnerReadings {
  /** Seconds since somebody last touched keyboard or mouse. */
  readonly idleS: number | null;
  readonly isOnMains: boolean | null;
}

export const noReadings: OwnerReadings = { idleS: null, isOnMains: null };

/** A moment as the owner's wall clock shows it. */
export interface LocalMoment {
  readonly nowMs: number;
  /** 0 is Sunday. */
  readonly day: number;
  /** 0 to 23. */
  readonly hour: number;
}

/** Why a worker stands still; the words are the faces'. */
export type SuspensionReason =
  "switched-off" | "paused" | "outside-hours" | "on-battery" | "in-use";

/**
 * The first limit that is against work. A reading nobody can give does not
 * stop anything: a Wayland session that always says 0 s idle is given as null
 * by its reader, and the hours of the week still hold.
 */
export function availabilityAt(
  limits: WorkerLimits,
  readings: OwnerReadings,
  moment: LocalMoment,
): Availability {
  const reason = suspensionReason(limits, readings, moment);
  return reason === null ? { kind: "ready" } : { kind: "suspended", reason };
}

function suspensionReason(
  limits: WorkerLimits,
  readings: OwnerReadings,
  { nowMs, day, hour }: LocalMoment,
): SuspensionReason | null {
  if (!limits.isEnabled) return "switched-off";
  if (limits.pausedUntilMs !== null && nowMs < limits.pausedUntilMs)
    return "paused";
  if (limits.hours !== null && !isHourAllowed(limits.hours, day, hour))
    return "outside-hours";
  if (limits.onlyOnMains && readings.isOnMains === false) return "on-battery";
  const { idleMinutes } = limits;
  if (
    idleMinutes !== null &&
    readings.idleS !== null &&
    readings.idleS < idleMinutes * 60
  )
    return "in-use";
  return null;
}

/**
 * Encoder threads for a share of the processor; null: as the encoder likes.
 * The owner's own number wins when it is lower.
 */
export function threadsFor(
  limits: WorkerLimits,
  cpuCount: number,
): number | null {
  const ofShare =
    limits.cpuPercent >= 100
      ? null
      : Math.max(1, Math.floor((cpuCount * limits.cpuPercent) / 100));
  if (limits.threads === null) return ofShare;
  return ofShare === null ? limits.threads : Math.min(ofShare, limits.threads);
}
