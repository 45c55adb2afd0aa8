import type { reasonMessages as english } from "../en/reasons.ts";

export const reasonMessages: Readonly<Record<keyof typeof english, string>> = {
  "reason.worker-absent": "Er ist nicht verbunden.",
  "reason.worker-silent":
    "Er meldet sich nicht; wieder verbunden, bekommt er wieder Arbeit.",
  "reason.worker-draining":
    "Er macht fertig, was er hat, und nimmt nichts Neues.",
  "reason.worker-suspended": "{why}.",
  "reason.worker-resting":
    "Sein letzter Teil ging schief; gleich bekommt er einen neuen.",
  "reason.worker-blocked":
    "Nach Fehlern bekommt er bis {until} nichts mit {capability}.",
  "reason.worker-lacks":
    "Für das, was in der Warteschlange ist, fehlt ihm {capability}.",
  "reason.worker-not-chosen":
    "Was in der Warteschlange ist, ist für andere Helfer bestimmt.",
  "reason.worker-all-given":
    "Was übrig ist, machen andere gerade und wären hier nicht früher fertig.",
  "reason.queue-empty": "Es gibt nichts zu tun.",
  "reason.jobs-paused": "Die Aufträge in der Warteschlange haben Pause.",
  "reason.jobs-held":
    "Die Aufträge warten, bis der Rechner, der die Farm leitet, wieder kann.",
  "reason.jobs-finishing":
    "Alle Teile sind fertig; der Film wird zusammengesetzt.",
  "reason.queue-paused": "Die Warteschlange hat Pause.",
  "reason.job-paused": "Er hat Pause.",
  "reason.job-held": "Er wartet, bis dieser Rechner wieder kann.",
  "reason.job-remaking": "Er wird noch einmal am Stück vorbereitet.",
  "reason.job-staged": "Alle Teile sind fertig; der Film wird zusammengesetzt.",
  "reason.job-failed": "Er ging schief.",
  "reason.no-worker": "Kein Helfer ist verbunden.",
  "reason.no-worker-chosen": "Keiner der dafür gewählten Helfer ist verbunden.",
  "reason.no-worker-can": "Das kann kein Helfer: {capability} fehlt.",
  "reason.workers-blocked":
    "Nach Fehlern bekommt kein Helfer, der es könnte, vor {until} wieder Arbeit.",
  "reason.workers-resting":
    "Ein Teil ging schief; gleich wird er noch einmal versucht.",
  "reason.workers-draining":
    "Alle Helfer, die es könnten, machen nur noch fertig, was sie haben.",
  "reason.workers-busy-owners":
    "Alle Helfer, die es könnten, werden gerade von ihren Besitzern gebraucht.",
  "reason.index-growing": "Die Quelle wird noch gelesen.",
  "reason.job-behind": "Er kommt nach {job}.",
  "reason.job-next": "Er ist gleich dran.",
  "reason.job-probing": "Die Quelle wird angesehen.",
  "reason.why-switched-off": "Rechnen ist dort ausgeschaltet",
  "reason.why-paused": "Sein Besitzer hat ihm Pause gegeben",
  "reason.why-outside-hours":
    "Sein Besitzer lässt ihn zu anderen Stunden rechnen",
  "reason.why-on-battery": "Er läuft mit Akku",
  "reason.why-in-use": "Jemand benutzt ihn",
  "reason.why-other": "Sein Besitzer braucht ihn",
};
