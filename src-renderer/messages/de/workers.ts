import type { workerMessages as english } from "../en/workers.ts";

export const workerMessages: Readonly<Record<keyof typeof english, string>> = {
  "workers.title": "Helfer",
};
