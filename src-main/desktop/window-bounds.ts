/** Where a window stands, and where it may be put back. All in device-independent pixels. */
export interface Bounds {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface WindowPlace {
  /** Null: the middle of the first screen. */
  readonly bounds: Bounds | null;
  readonly isMaximised: boolean;
}

export const minSize = { width: 800, height: 600 } as const;
export const defaultSize = { width: 1180, height: 800 } as const;
/** So much of the title bar has to be on a screen to be taken hold of. */
const graspWidth = 120;
const graspHeight = 32;

/**
 * The kept bounds where a screen still shows enough of the window's upper edge
 * to move it; else null. Never larger than that screen.
 */
export function restoredBounds(
  kept: Bounds | null,
  screens: readonly Bounds[],
): Bounds | null {
  if (kept === null) return null;
  for (const screen of screens) {
    const width = Math.min(kept.width, screen.width);
    const height = Math.min(kept.height, screen.height);
    const seenWidth =
      Math.min(kept.x + width, screen.x + screen.width) -
      Math.max(kept.x, screen.x);
    const isGraspable =
      seenWidth >= graspWidth &&
      kept.y >= screen.y &&
      kept.y + graspHeight <= screen.y + screen.height;
    if (isGraspable) return { x: kept.x, y: kept.y, width, height };
  }
  return null;
}
