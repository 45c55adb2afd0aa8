/** What one end of the measured wire found out. */
export interface NetFigures {
  readonly direction: NetDirection;
  readonly megabytesPerSecond: number;
  readonly roundTripsMs: readonly number[];
  readonly idleRoundTripsMs: readonly number[];
}

/** `feed`: as a worker's feed is sent, only a quarter of a second ahead. */
export type NetDirection = keyof typeof directions;

const directions = {
  down: "master to worker",
  up: "worker to master",
  feed: "a feed to a worker",
} as const;

export const netDirections = Object.keys(directions) as readonly NetDirection[];

export function directionText(direction: NetDirection): string {
  return directions[direction];
}
