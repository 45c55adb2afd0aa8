export const pairingMessages = {
  "pairing.title": "Pairing",
} as const;
