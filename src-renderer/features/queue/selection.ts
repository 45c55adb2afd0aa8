/** Which rows are chosen, as lists on every desktop do it. Pure; rows are named by their ids. */
export interface Selection {
  readonly ids: ReadonlySet<string>;
  /** Where a range with shift begins. */
  readonly anchorId: string | null;
  /** Where the keyboard is. */
  readonly activeId: string | null;
}

export interface Modifiers {
  readonly shift: boolean;
  /** Ctrl, or Cmd on a Mac. */
  readonly ctrl: boolean;
}

export type Step =
  | { readonly by: number }
  /** The list's very ends. */
  | { readonly to: "first" | "last" };

export const nothingSelected: Selection = {
  ids: new Set(),
  anchorId: null,
  activeId: null,
};

/** A click on a row: alone it is the only one, ctrl turns it over, shift takes all from the anchor to it. */
export function clicked(
  selection: Selection,
  order: readonly string[],
  id: string,
  { shift, ctrl }: Modifiers,
): Selection {
  if (shift) return rangeTo(selection, order, id, ctrl);
  if (ctrl) return toggled(selection, id);
  return { ids: new Set([id]), anchorId: id, activeId: id };
}

/** An arrow key: takes the row it comes to, with ctrl only goes there, with shift takes the range. */
export function moved(
  selection: Selection,
  order: readonly string[],
  step: Step,
  { shift, ctrl }: Modifiers,
): Selection {
  if (order.length === 0) return nothingSelected;
  const at =
    selection.activeId === null ? -1 : order.indexOf(selection.activeId);
  const id = order[target(at, order.length, step)];
  if (id === undefined) return selection;
  if (shift) return rangeTo(selection, order, id, false);
  if (ctrl) return { ...selection, activeId: id };
  return { ids: new Set([id]), anchorId: id, activeId: id };
}

/** Space, or a click with ctrl. */
export function toggled(selection: Selection, id: string): Selection {
  const ids = new Set(selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ids, anchorId: id, activeId: id };
}

export function allOf(
  selection: Selection,
  order: readonly string[],
): Selection {
  return {
    ids: new Set(order),
    anchorId: selection.anchorId ?? order[0] ?? null,
    activeId: selection.activeId ?? order[0] ?? null,
  };
}

/**
 * After the list changed: what is no longer in it is no longer chosen, and the
 * keyboard stays at its row's place. The same object when nothing changes.
 */
export function kept(
  selection: Selection,
  before: readonly string[],
  after: readonly string[],
): Selection {
  const { ids, anchorId, activeId } = selection;
  if (ids.size === 0 && anchorId === null && activeId === null)
    return selection;
  const there = new Set(after);
  const isGone = (id: string | null): boolean => id !== null && !there.has(id);
  const lost = [...ids].some((id) => !there.has(id));
  if (!lost && !isGone(anchorId) && !isGone(activeId)) return selection;
  return {
    ids: lost ? new Set([...ids].filter((id) => there.has(id))) : ids,
    anchorId: isGone(anchorId) ? null : anchorId,
    activeId: isGone(activeId)
      ? neighbour(activeId as string, before, after, there)
      : activeId,
  };
}

/** The next row below that is still there, else the last one. */
function neighbour(
  gone: string,
  before: readonly string[],
  after: readonly string[],
  there: ReadonlySet<string>,
): string | null {
  const below = before.slice(before.indexOf(gone) + 1);
  return below.find((id) => there.has(id)) ?? after.at(-1) ?? null;
}

function rangeTo(
  selection: Selection,
  order: readonly string[],
  id: string,
  keepsOthers: boolean,
): Selection {
  const anchorId = selection.anchorId ?? selection.activeId ?? id;
  const from = order.indexOf(anchorId);
  const to = order.indexOf(id);
  if (to < 0) return selection;
  const start = from < 0 ? to : Math.min(from, to);
  const range = order.slice(start, Math.max(from, to) + 1);
  return {
    ids: new Set(keepsOthers ? [...selection.ids, ...range] : range),
    anchorId: from < 0 ? id : anchorId,
    activeId: id,
  };
}

function target(at: number, count: number, step: Step): number {
  if ("to" in step) return step.to === "first" ? 0 : count - 1;
  if (at < 0) return step.by > 0 ? 0 : count - 1;
  return Math.min(count - 1, Math.max(0, at + step.by));
}
