import type { historyMessages as english } from "../en/history.ts";

export const historyMessages: Readonly<Record<keyof typeof english, string>> = {
  "history.title": "Verlauf",
  "history.loading": "Verlauf wird gelesen …",
  "history.none": "Noch nichts ist fertig",
  "history.none-text":
    "Fertige Filme zählen hier, mit dem Platz und der Zeit, die sie gespart haben.",
  "history.to-queue": "Zur Warteschlange",
  "history.totals": "Insgesamt",
  "history.saved-bytes": "Platz gespart",
  "history.grown-bytes": "Platz dazugekommen",
  "history.saved-of": "Aus {before} wurden {after}",
  "history.saved-time": "Zeit gespart",
  "history.saved-time-hint":
    "gegenüber dem fleißigsten Helfer jedes Films allein",
  "history.films": "Fertige Filme",
  "history.months": "Gespart nach Monaten",
  "history.month": "Monat",
  "history.month-saved": "Gespart",
  "history.month-films": "Filme",
  "history.months-chart":
    "Balken des in jedem Monat gesparten Platzes; die Tabelle danach hat dieselben Zahlen.",
  "history.shares": "Wer wie viel gemacht hat",
  "history.share-frames": "{frames} Bilder",
  "history.list": "Fertige Filme",
  "history.film": "Film",
  "history.preset": "Preset",
  "history.finished": "Fertig",
  "history.size": "Größe",
  "history.took": "Dauer",
  "history.workers": "Helfer",
  "history.sizes": "{before} → {after}",
  "history.show-more": "Mehr zeigen",
  "history.clear": "Verlauf leeren",
  "history.clear-title": "Verlauf leeren?",
  "history.clear-text":
    "Die Liste und ihre Summen werden vergessen. Kein Film wird gelöscht.",
  "history.cleared": "Der Verlauf ist leer.",
  "history.reveal": "{name} im Ordner zeigen",
};
