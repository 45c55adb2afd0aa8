/** What the shell itself says; the window has its own messages. */
export interface ShellTexts {
  readonly starting: string;
  readonly open: string;
  readonly quit: string;
  readonly helps: string;
  readonly pauseHour: string;
  readonly resumeHelping: string;
  readonly pauseQueue: string;
  readonly resumeQueue: string;
  readonly everyone: string;
  readonly nobody: string;
  readonly idle: string;
  readonly lost: string;
  readonly notRunning: string;
  readonly undecided: string;
  readonly noMaster: string;
  readonly ready: string;
  readonly paused: string;
  readonly suspended: Readonly<Record<string, string>>;
  readonly encoding: (jobs: number, percent: number) => string;
  readonly helping: (master: string) => string;
  readonly failedJobs: (count: number) => string;
  readonly framesPerSecond: (speed: string) => string;
  readonly hiddenTitle: string;
  readonly hiddenText: string;
  readonly doneTitle: string;
  readonly failedTitle: string;
  readonly lostTitle: string;
  readonly lostText: (name: string) => string;
  readonly asksTitle: string;
  readonly asksText: (name: string) => string;
  readonly crashTitle: string;
  readonly crashText: (exit: string) => string;
  readonly crashAgain: (seconds: number) => string;
  readonly crashGaveUp: string;
  readonly refusedTitle: string;
  readonly startAgain: string;
  readonly goOn: string;
  readonly whenDoneTitle: string;
  readonly sleepText: (seconds: number) => string;
  readonly shutDownText: (seconds: number) => string;
  readonly notNow: string;
  readonly pickFiles: string;
  readonly mediaFiles: string;
  readonly allFiles: string;
  readonly pickFolder: string;
}

const english: ShellTexts = {
  starting: "Reelfarm is starting …",
  open: "Open Reelfarm",
  quit: "Quit Reelfarm",
  helps: "This computer helps",
  pauseHour: "Pause helping for one hour",
  resumeHelping: "Help again now",
  pauseQueue: "Pause the queue",
  resumeQueue: "Resume the queue",
  everyone: "What is everyone doing?",
  nobody: "No computer helps yet",
  idle: "nothing to do",
  lost: "not connected",
  notRunning: "Reelfarm’s engine is not running",
  undecided: "Not set up yet",
  noMaster: "No farm to help yet",
  ready: "Ready",
  paused: "Paused",
  suspended: {
    "switched-off": "Not helping: switched off",
    paused: "Not helping: paused",
    "outside-hours": "Not helping: outside the allowed hours",
    "on-battery": "Not helping: on battery",
    "in-use": "Not helping: the computer is in use",
  },
  encoding: (jobs, percent) =>
    `${String(jobs)} ${jobs === 1 ? "job" : "jobs"}, ${String(percent)} % done`,
  helping: (master) => `Helping ${master}`,
  failedJobs: (count) =>
    `${String(count)} ${count === 1 ? "job" : "jobs"} failed`,
  framesPerSecond: (speed) => `${speed} fps`,
  hiddenTitle: "Reelfarm goes on",
  hiddenText: "It stays beside the clock. Choose “Quit” there to end it.",
  doneTitle: "Done",
  failedTitle: "Failed",
  lostTitle: "A computer is gone",
  lostText: (name) => `${name} does not answer. Its part goes to others.`,
  asksTitle: "A computer wants to join",
  asksText: (name) => `${name} asks to be let in.`,
  crashTitle: "Reelfarm’s engine stopped unexpectedly",
  crashText: (exit) => `It ended with ${exit}. Its last words:`,
  crashAgain: (seconds) =>
    `It is started again in ${String(seconds)} s; finished parts are kept.`,
  crashGaveUp: "It stopped too often to be started again by itself.",
  refusedTitle: "Reelfarm cannot start",
  startAgain: "Start again",
  goOn: "OK",
  whenDoneTitle: "Everything is done",
  sleepText: (seconds) =>
    `This computer goes to sleep in ${String(seconds)} seconds.`,
  shutDownText: (seconds) =>
    `This computer shuts down in ${String(seconds)} seconds.`,
  notNow: "Not now",
  pickFiles: "Choose videos",
  mediaFiles: "Videos and sound",
  allFiles: "All files",
  pickFolder: "Choose a folder",
};

const german: ShellTexts = {
  starting: "Reelfarm startet …",
  open: "Reelfarm öffnen",
  quit: "Reelfarm beenden",
  helps: "Dieser Computer hilft mit",
  pauseHour: "Eine Stunde nicht helfen",
  resumeHelping: "Jetzt wieder helfen",
  pauseQueue: "Warteschlange anhalten",
  resumeQueue: "Warteschlange fortsetzen",
  everyone: "Wer macht gerade was?",
  nobody: "Noch hilft kein Computer",
  idle: "nichts zu tun",
  lost: "nicht verbunden",
  notRunning: "Reelfarms Motor läuft nicht",
  undecided: "Noch nicht eingerichtet",
  noMaster: "Noch keine Farm, der geholfen wird",
  ready: "Bereit",
  paused: "Angehalten",
  suspended: {
    "switched-off": "Hilft nicht: ausgeschaltet",
    paused: "Hilft nicht: Pause",
    "outside-hours": "Hilft nicht: außerhalb der erlaubten Stunden",
    "on-battery": "Hilft nicht: läuft mit Akku",
    "in-use": "Hilft nicht: der Computer wird benutzt",
  },
  encoding: (jobs, percent) =>
    `${String(jobs)} ${jobs === 1 ? "Auftrag" : "Aufträge"}, ${String(percent)} % fertig`,
  helping: (master) => `Hilft ${master}`,
  failedJobs: (count) =>
    `${String(count)} ${count === 1 ? "Auftrag" : "Aufträge"} fehlgeschlagen`,
  framesPerSecond: (speed) => `${speed} B/s`,
  hiddenTitle: "Reelfarm läuft weiter",
  hiddenText: "Es bleibt neben der Uhr. „Beenden“ findest du dort.",
  doneTitle: "Fertig",
  failedTitle: "Fehlgeschlagen",
  lostTitle: "Ein Computer ist weg",
  lostText: (name) => `${name} antwortet nicht. Seinen Teil übernehmen andere.`,
  asksTitle: "Ein Computer möchte mitmachen",
  asksText: (name) => `${name} bittet um Einlass.`,
  crashTitle: "Reelfarms Motor ist unerwartet stehen geblieben",
  crashText: (exit) => `Er endete mit ${exit}. Seine letzten Worte:`,
  crashAgain: (seconds) =>
    `In ${String(seconds)} s startet er neu; fertige Teile bleiben erhalten.`,
  crashGaveUp: "Er blieb zu oft stehen, um von selbst neu zu starten.",
  refusedTitle: "Reelfarm kann nicht starten",
  startAgain: "Neu starten",
  goOn: "OK",
  whenDoneTitle: "Alles ist fertig",
  sleepText: (seconds) =>
    `Dieser Computer geht in ${String(seconds)} Sekunden schlafen.`,
  shutDownText: (seconds) =>
    `Dieser Computer wird in ${String(seconds)} Sekunden heruntergefahren.`,
  notNow: "Jetzt nicht",
  pickFiles: "Videos auswählen",
  mediaFiles: "Videos und Ton",
  allFiles: "Alle Dateien",
  pickFolder: "Ordner auswählen",
};

/** In the first of the wanted languages (BCP 47) there are texts for. */
export function shellTexts(wanted: readonly string[]): ShellTexts {
  for (const language of wanted) {
    if (/^de\b/i.test(language)) return german;
    if (/^en\b/i.test(language)) return english;
  }
  return english;
}

/** For the test that both say everything. */
export const allShellTexts = { english, german };
