import type { PowerMonitor } from "electron";
import type { OwnerReadings } from "../core/worker-availability.ts";

/** The node believes a reading for 15 s. */
export const tellEveryMs = 5_000;

export interface OwnerReadingsOptions {
  readonly monitor: Pick<
    PowerMonitor,
    "getSystemIdleTime" | "isOnBatteryPower"
  >;
  readonly platform: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * What the system tells of its owner. In a Wayland session the idle time is
 * always 0: nobody can tell there, so null (design 10).
 */
export function readOwner({
  monitor,
  platform,
  env,
}: OwnerReadingsOptions): OwnerReadings {
  const isWayland =
    platform === "linux" &&
    (env["XDG_SESSION_TYPE"] === "wayland" || Boolean(env["WAYLAND_DISPLAY"]));
  return {
    idleS: isWayland ? null : attempt(() => monitor.getSystemIdleTime()),
    isOnMains: attempt(() => !monitor.isOnBatteryPower()),
  };
}

/** Systems without the service behind it throw. */
function attempt<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch {
    return null;
  }
}
