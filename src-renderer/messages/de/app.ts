import type { appMessages as english } from "../en/app.ts";

export const appMessages: Readonly<Record<keyof typeof english, string>> = {
  "app.name": "Reelfarm",
  "app.sections": "Bereiche",
  "app.skip": "Zum Inhalt springen",
  "app.loading": "Verbindung zu Reelfarm wird aufgebaut …",
  "app.link-lost":
    "Die Verbindung zu Reelfarm ist unterbrochen. Neuer Versuch läuft …",
  "app.line-lost": "Die Verbindung zu Reelfarm ging verloren.",
  "app.retry-now": "Jetzt versuchen",
  "app.refused-title": "Dieses Fenster wird nicht eingelassen",
  "app.refused-text":
    "Der Adresse fehlt ein gültiger Schlüssel. Öffne Reelfarm über sein Symbol oder über den Link, den `reelfarm app` ausgibt.",
  "app.close": "Schließen",
  "app.cancel": "Abbrechen",
  "app.save": "Speichern",
  "app.undo": "Rückgängig",
  "app.failed": "Das hat nicht geklappt",
  "app.more": "Mehr",
  "app.theme": "Erscheinungsbild",
  "app.theme-system": "Wie das System",
  "app.theme-light": "Hell",
  "app.theme-dark": "Dunkel",
  "app.language": "Sprache",
};
