import type { historyMessages as english } from "../en/history.ts";

export const historyMessages: Readonly<Record<keyof typeof english, string>> = {
  "history.title": "Verlauf",
};
