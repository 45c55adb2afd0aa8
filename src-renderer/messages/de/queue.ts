import type { queueMessages as english } from "../en/queue.ts";

export const queueMessages: Readonly<Record<keyof typeof english, string>> = {
  "queue.title": "Warteschlange",
};
