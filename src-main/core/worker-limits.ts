/**
 * What a worker's owner allows (design 10). Each limit stands for itself; the
 * worker takes work only while none of them is against it.
 */
export interface WorkerLimits {
  /** False: this computer takes no work. */
  readonly isEnabled: boolean;
  /** Only after nobody used the computer for so long. Null: no matter who uses it. */
  readonly idleMinutes: number | null;
  readonly onlyOnMains: boolean;
  /** Null: at any hour. */
  readonly hours: WeekHours | null;
  /** Share of the processor that encodes may use, 1 to 100. */
  readonly cpuPercent: number;
  /** Encodes at the same time. Null: as the worker thinks best. */
  readonly slots: number | null;
  /** Encoder threads of each. Null: as the encoder likes. */
  readonly threads: number | null;
  /** Encodes give way to everything else. */
  readonly isLowPriority: boolean;
  /** "Pause for an hour": no work before this moment. Null: not paused. */
  readonly pausedUntilMs: number | null;
}

/**
 * The hours of a week in which work is allowed: for each day, Sunday first (as
 * JavaScript counts them), 24 bits; bit h set allows the hour from h:00, local time.
 */
export type WeekHours = readonly number[];

export const daysPerWeek = 7;
export const hoursPerDay = 24;
/** A day all of whose hours are allowed. */
export const allHoursOfDay = 2 ** hoursPerDay - 1;

export const noLimits: WorkerLimits = {
  isEnabled: true,
  idleMinutes: null,
  onlyOnMains: false,
  hours: null,
  cpuPercent: 100,
  slots: null,
  threads: null,
  isLowPriority: true,
  pausedUntilMs: null,
};

/** Whether work is allowed in an hour. `day` 0 is Sunday, `hour` 0 to 23. */
export function isHourAllowed(
  hours: WeekHours,
  day: number,
  hour: number,
): boolean {
  return (((hours[day] ?? 0) >>> hour) & 1) === 1;
}

/** The same week with one hour allowed or not. */
export function withHour(
  hours: WeekHours,
  day: number,
  hour: number,
  isAllowed: boolean,
): WeekHours {
  const bit = 1 << hour;
  return hours.map((bits, at) =>
    at !== day ? bits : isAllowed ? bits | bit : bits & ~bit,
  );
}
