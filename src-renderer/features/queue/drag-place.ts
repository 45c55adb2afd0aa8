/** Where a dragged row is over a list whose rows have one height. Pixels. Pure. */

/** Close to an edge the list scrolls under the pointer. */
const edgePx = 40;
const stepPx = 14;

/** The row that dragged ones would come before: 0 to `count`. */
export function rowAt(
  offsetPx: number,
  rowHeightPx: number,
  count: number,
): number {
  return Math.min(count, Math.max(0, Math.round(offsetPx / rowHeightPx)));
}

/** How far to scroll at this place of the list's box. */
export function autoScrollAt(placePx: number, heightPx: number): number {
  if (placePx < edgePx) return -stepPx;
  return placePx > heightPx - edgePx ? stepPx : 0;
}
