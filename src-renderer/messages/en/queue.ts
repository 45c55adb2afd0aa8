export const queueMessages = {
  "queue.title": "Queue",
} as const;
