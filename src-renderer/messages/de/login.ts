import type { loginMessages as english } from "../en/login.ts";

export const loginMessages: Readonly<Record<keyof typeof english, string>> = {
  "login.title": "Reelfarm auf einem anderen Gerät",
  "login.text":
    "Öffne Reelfarm am Rechner {host}, geh zu „Dieser Rechner“ und drücke „Browser einlassen“. Tippe die sechs Ziffern, die er zeigt.",
  "login.name": "Wie dieser Browser dort heißen soll",
  "login.name-default": "{browser} auf {system}",
  "login.compare":
    "Dein Browser hat gewarnt, dass er das Zertifikat dieses Rechners nicht kennt. Einmal ist das zu erwarten; der Rechner zeigt den Fingerabdruck, den du mit dem in deinem Browser vergleichen kannst.",
  "login.enter": "Anmelden",
  "login.entering": "Einen Moment …",
  "login.wrong": "Dieser Code stimmt nicht.",
  "login.closed":
    "An jenem Rechner gilt gerade kein Code. Lass dir dort einen neuen zeigen und tippe ihn hier.",
  "login.limit":
    "Zu viele Versuche. Warte zehn Minuten und nimm dann einen neuen Code.",
  "login.failed": "Das Anmelden hat nicht geklappt. Versuch es noch einmal.",
  "login.undecided":
    "Dieser Rechner ist noch nicht eingerichtet. Mach das zuerst in seinem eigenen Fenster.",
  "login.out-title": "Dieser Browser",
  "login.out-text":
    "Du siehst {name} von einem anderen Gerät aus. Was jener Rechner tut, wer zu seiner Farm gehört und wer sein Fenster öffnen darf, wird dort entschieden.",
  "login.out": "Abmelden",
  "login.card": "Von anderen Geräten öffnen",
  "login.switch": "Handys und Rechner im Haus dürfen dieses Fenster öffnen",
  "login.switch-hint":
    "Die Verbindung ist verschlüsselt, und jeder Browser braucht einmal einen Code von hier.",
  "login.where": "Dort diese Adresse öffnen",
  "login.qr": "QR-Code der Adresse",
  "login.fingerprint": "Zertifikat (SHA-256)",
  "login.fingerprint-text":
    "Der Browser warnt einmal, weil dieser Rechner für sich selbst bürgt. Vergleiche dies mit dem Fingerabdruck, den er zeigt, bevor du weitergehst.",
  "login.let-in": "Browser einlassen",
  "login.code-text": "Tippe diese Ziffern auf der Seite, die dort aufging.",
  "login.code-gone": "Der Code ist verbraucht.",
  "login.code-used": "{name} ist eingelassen.",
  "login.browsers": "Eingelassene Browser",
  "login.connected": "gerade offen",
  "login.seen": "zuletzt gesehen {time}",
  "login.revoke": "Abmelden",
  "login.revoke-title": "{name} abmelden?",
  "login.revoke-text":
    "Er ist sofort ausgesperrt und braucht einen neuen Code, um wiederzukommen.",
  "login.revoked": "{name} ist abgemeldet.",
  "login.folders": "Weitere Ordner, in die sie sehen dürfen",
  "login.folders-hint":
    "Deinen Videoordner, den Ordner für fertige Filme und überwachte Ordner sehen sie immer, sonst nichts von diesem Rechner.",
  "login.folder-add": "Ordner hinzufügen",
  "login.folder-remove": "{path} nicht mehr teilen",
};
