/** Why somebody waits, in the language of the window. */
import type { UiReason } from "../../src-main/protocol/ui-contract.ts";
import { capabilityName } from "../features/presets/capability-names.ts";
import { en, type MessageKey } from "./en.ts";
import { messages, t } from "./messages.svelte.ts";

const isKey = (key: string): key is MessageKey => Object.hasOwn(en, key);

/** The node's own sentence where there is no other; null: it waits for nothing. Reactive. */
export function reasonWords(
  because: UiReason | undefined,
  told: string | null,
): string | null {
  const key = `reason.${because?.key ?? ""}`;
  if (because === undefined || !isKey(key)) return told;
  const { capability, untilMs, reason, job } = because.parameters;
  const why = `reason.why-${String(reason)}`;
  return t(key, {
    capability:
      capability === undefined ? "" : capabilityName(String(capability)),
    until: untilMs === undefined ? "" : clockTime(Number(untilMs)),
    why: t(isKey(why) ? why : "reason.why-other"),
    job: job ?? "",
  });
}

function clockTime(atMs: number): string {
  return new Intl.DateTimeFormat(messages.locale, {
    timeStyle: "short",
  }).format(atMs);
}
