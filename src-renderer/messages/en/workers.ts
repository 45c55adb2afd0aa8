export const workerMessages = {
  "workers.title": "Workers",
} as const;
