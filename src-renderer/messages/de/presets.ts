import type { presetMessages as english } from "../en/presets.ts";

export const presetMessages: Readonly<Record<keyof typeof english, string>> = {
  "presets.title": "Voreinstellungen",
};
