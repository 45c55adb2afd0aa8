/** What a key means in the list of jobs. Pure. */
import type { Modifiers, Step } from "./selection.ts";

export type KeyMeaning =
  | {
      readonly kind: "step";
      readonly step: Step;
      readonly modifiers: Modifiers;
    }
  | { readonly kind: "move"; readonly way: "up" | "down" | "top" | "bottom" }
  | {
      readonly kind: "toggle" | "all" | "none" | "open" | "menu" | "remove";
    };

interface Press {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

const ways = {
  ArrowUp: "up",
  ArrowDown: "down",
  Home: "top",
  End: "bottom",
} as const;

/** Null: the key is not the list's. `page`: rows in sight. */
export function keyMeaning(press: Press, page: number): KeyMeaning | null {
  const { key, shiftKey: shift, altKey } = press;
  const ctrl = press.ctrlKey || press.metaKey;
  if (altKey) {
    const way = key in ways ? ways[key as keyof typeof ways] : undefined;
    return way === undefined ? null : { kind: "move", way };
  }
  const step = stepOf(key, page);
  if (step !== null) return { kind: "step", step, modifiers: { shift, ctrl } };
  switch (key) {
    case " ":
      return { kind: "toggle" };
    case "a":
      return ctrl ? { kind: "all" } : null;
    case "Escape":
      return { kind: "none" };
    case "Enter":
      return { kind: "open" };
    case "ContextMenu":
      return { kind: "menu" };
    case "F10":
      return shift ? { kind: "menu" } : null;
    case "Delete":
    case "Backspace":
      return { kind: "remove" };
    default:
      return null;
  }
}

function stepOf(key: string, page: number): Step | null {
  switch (key) {
    case "ArrowUp":
      return { by: -1 };
    case "ArrowDown":
      return { by: 1 };
    case "PageUp":
      return { by: -page };
    case "PageDown":
      return { by: page };
    case "Home":
      return { to: "first" };
    case "End":
      return { to: "last" };
    default:
      return null;
  }
}
