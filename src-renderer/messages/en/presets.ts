export const presetMessages = {
  "presets.title": "Presets",
} as const;
