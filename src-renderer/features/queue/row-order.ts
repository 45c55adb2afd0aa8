/** Where dragged rows go. Pure. */

export interface Move {
  readonly jobId: string;
  readonly beforeJobId: string | null;
}

/**
 * The requests that bring the chosen rows, in their own order, before a row
 * (null: to the end). Empty when they stand there already.
 */
export function movesBefore(
  order: readonly string[],
  chosen: ReadonlySet<string>,
  beforeId: string | null,
): readonly Move[] {
  const moving = order.filter((id) => chosen.has(id));
  const rest = order.filter((id) => !chosen.has(id));
  // A drop on a chosen row means: where the first row after it that stays is.
  const from = beforeId === null ? order.length : order.indexOf(beforeId);
  const target = order.slice(from).find((id) => !chosen.has(id)) ?? null;
  const at = target === null ? rest.length : rest.indexOf(target);
  const wanted = [...rest.slice(0, at), ...moving, ...rest.slice(at)];
  if (wanted.every((id, index) => id === order[index])) return [];
  return moving.map((jobId) => ({ jobId, beforeJobId: target }));
}

/** The same by keyboard: one row up or down, to the top or to the end. */
export function movesBy(
  order: readonly string[],
  chosen: ReadonlySet<string>,
  way: "up" | "down" | "top" | "bottom",
): readonly Move[] {
  const places = order.flatMap((id, index) => (chosen.has(id) ? [index] : []));
  const [first] = places;
  const last = places.at(-1);
  if (first === undefined || last === undefined) return [];
  const before = {
    top: order[0] ?? null,
    up: order[Math.max(0, first - 1)] ?? null,
    down: order[last + 2] ?? null,
    bottom: null,
  }[way];
  return movesBefore(order, chosen, before);
}
