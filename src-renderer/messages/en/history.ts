export const historyMessages = {
  "history.title": "History",
} as const;
