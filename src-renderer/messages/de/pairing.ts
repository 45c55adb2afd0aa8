import type { pairingMessages as english } from "../en/pairing.ts";

export const pairingMessages: Readonly<Record<keyof typeof english, string>> = {
  "pairing.title": "Koppeln",
  "pairing.add": "Rechner hinzufügen",
  "pairing.add-text":
    "Starte Reelfarm auf dem anderen Rechner, wähle „Dieser Rechner hilft“ und gib dort diesen Code ein.",
  "pairing.code": "Code",
  "pairing.code-expires": "Gilt noch {time}",
  "pairing.code-used": "Dieser Code ist verbraucht oder zu alt.",
  "pairing.new-code": "Neuer Code",
  "pairing.tries-left":
    "{count, plural, one {noch # Versuch} other {noch # Versuche}}",
  "pairing.no-terminal": "Wenn der andere Rechner kein Fenster hat",
  "pairing.link-text":
    "Führe dies dort aus oder scanne das Bild. Der Link gilt einmal und nur kurze Zeit.",
  "pairing.make-link": "Link erzeugen",
  "pairing.copy": "Kopieren",
  "pairing.copied": "Kopiert",
  "pairing.qr": "Der Link als Bild zum Scannen",
  "pairing.asks": "{name} möchte helfen",
  "pairing.asks-text": "Er kommt von {address}, seine Kennung ist {id}.",
  "pairing.namesake":
    "Ein Rechner dieses Namens mit anderer Kennung ist schon dabei. Lass ihn nur ein, wenn er neu eingerichtet wurde.",
  "pairing.accept": "Einlassen",
  "pairing.refuse": "Ablehnen",
  "pairing.proving": "{name} bei {address} wird geprüft …",
  "pairing.done": "{name} hilft jetzt mit.",
  "pairing.turned-away": "{name} wurde abgewiesen: {reason}",
  "pairing.find": "Welcher Rechner leitet die Farm?",
  "pairing.find-text":
    "Diese wurden in deinem Netz gefunden. Sie zeigen unter „Rechner hinzufügen“ einen Code.",
  "pairing.searching": "Im Netz wird gesucht …",
  "pairing.none-seen":
    "Noch keine Farm zu sehen. Starte Reelfarm auf dem Rechner, der sie leitet, oder gib seine Adresse ein.",
  "pairing.seen-name": "Farm bei {address}",
  "pairing.seen-outdated": "andere Version, erst aktualisieren",
  "pairing.by-address": "Adresse eingeben",
  "pairing.by-link": "Link verwenden",
  "pairing.address": "Adresse",
  "pairing.address-hint":
    "Wie der andere Rechner sie zeigt, zum Beispiel 192.168.1.20:47600",
  "pairing.address-wrong": "Eine Adresse sieht so aus: 192.168.1.20:47600.",
  "pairing.link": "Link",
  "pairing.link-wrong": "Ein Link beginnt mit reelfarm://join.",
  "pairing.enter-code": "Gib den Code ein, den er zeigt",
  "pairing.digit": "Ziffer {number}",
  "pairing.join": "Verbinden",
  "pairing.joining": "Warten auf den anderen Rechner …",
  "pairing.joined": "Dieser Rechner hilft jetzt {name}.",
  "pairing.back": "Zurück",
  "pairing.why-none": "Warum wird nichts gefunden?",
  "first-run.title": "Willkommen bei Reelfarm",
  "first-run.text":
    "Mehrere Rechner wandeln einen Film gemeinsam um. Was soll dieser hier tun?",
  "first-run.name": "Name dieses Rechners",
  "first-run.name-hint": "Unter diesem Namen sehen ihn die anderen.",
  "first-run.master": "Dieser Rechner leitet die Farm",
  "first-run.master-text":
    "Hier kommen die Filme dazu, und er rechnet auch selbst. Wähle das auf einem Rechner.",
  "first-run.worker": "Dieser Rechner hilft",
  "first-run.worker-text":
    "Er rechnet für den Rechner, der die Farm leitet. Wähle das auf allen anderen.",
  "first-run.later": "Ändern kannst du das jederzeit unter „Dieser Rechner“.",
};
