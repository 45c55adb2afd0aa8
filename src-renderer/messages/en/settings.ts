export const settingsMessages = {
  "settings.title": "This computer",
} as const;
