import type { pairingMessages as english } from "../en/pairing.ts";

export const pairingMessages: Readonly<Record<keyof typeof english, string>> = {
  "pairing.title": "Koppeln",
};
