import { appMessages } from "./de/app.ts";
import { historyMessages } from "./de/history.ts";
import { loginMessages } from "./de/login.ts";
import { pairingMessages } from "./de/pairing.ts";
import { presetMessages } from "./de/presets.ts";
import { queueMessages } from "./de/queue.ts";
import { reasonMessages } from "./de/reasons.ts";
import { settingsMessages } from "./de/settings.ts";
import { workerMessages } from "./de/workers.ts";
import type { MessageKey } from "./en.ts";

/** All German texts; the type makes sure that none is missing and none is left over. */
export const de: Readonly<Record<MessageKey, string>> = {
  ...appMessages,
  ...queueMessages,
  ...workerMessages,
  ...presetMessages,
  ...pairingMessages,
  ...settingsMessages,
  ...historyMessages,
  ...reasonMessages,
  ...loginMessages,
};
