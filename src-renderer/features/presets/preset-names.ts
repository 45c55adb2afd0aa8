/** Names of people's own presets. */
import { presetSlug } from "../../../src-main/core/preset.ts";
import type { Preset } from "../../../src-main/core/recipe.ts";

export type NameProblem = "empty" | "long" | "built-in" | "taken";
const maxCharacters = 80;

/** Null: it may be saved under this name. `ownName`: what it was called so far. */
export function nameProblem(
  name: string,
  ownName: string | null,
  presets: readonly Preset[],
): NameProblem | null {
  const trimmed = name.trim();
  if (presetSlug(trimmed) === "") return "empty";
  if (trimmed.length > maxCharacters) return "long";
  const slug = presetSlug(trimmed);
  if (ownName !== null && slug === presetSlug(ownName)) return null;
  const other = presets.find((one) => presetSlug(one.name) === slug);
  if (other === undefined) return null;
  return other.origin === "built-in" ? "built-in" : "taken";
}

/** `Web` → `Web 2`, or the next free number. */
export function freeName(base: string, presets: readonly Preset[]): string {
  const stem = base.replace(/ \d+$/, "").slice(0, maxCharacters - 5);
  for (let number = 2; ; number += 1) {
    const name = `${stem} ${number}`;
    if (nameProblem(name, null, presets) === null) return name;
  }
}
