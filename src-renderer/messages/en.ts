import { appMessages } from "./en/app.ts";
import { historyMessages } from "./en/history.ts";
import { loginMessages } from "./en/login.ts";
import { pairingMessages } from "./en/pairing.ts";
import { presetMessages } from "./en/presets.ts";
import { queueMessages } from "./en/queue.ts";
import { reasonMessages } from "./en/reasons.ts";
import { settingsMessages } from "./en/settings.ts";
import { workerMessages } from "./en/workers.ts";

/** All English texts, in ICU message format. Each feature has its own file. */
export const en = {
  ...appMessages,
  ...queueMessages,
  ...workerMessages,
  ...presetMessages,
  ...pairingMessages,
  ...settingsMessages,
  ...historyMessages,
  ...reasonMessages,
  ...loginMessages,
} as const;

export type MessageKey = keyof typeof en;
