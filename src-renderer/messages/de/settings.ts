import type { settingsMessages as english } from "../en/settings.ts";

export const settingsMessages: Readonly<Record<keyof typeof english, string>> =
  {
    "settings.title": "Dieser Rechner",
  };
