import type { FailureTexts } from "../failure-words.ts";

/** The catalogue of core/errors.ts in German: what happened, and what to do. */
export const failures: FailureTexts = {
  "source-missing": [
    "Die Datei {detail} ist nicht da.",
    "Prüfe den Namen oder schließ das Laufwerk wieder an und füg sie noch einmal hinzu.",
  ],
  "source-unreadable": [
    "Die Datei {detail} lässt sich nicht lesen.",
    "Prüfe ihre Rechte und das Laufwerk, auf dem sie liegt.",
  ],
  "not-media": [
    "{detail} ist keine Film- oder Tondatei, die ffmpeg öffnen kann.",
    "Prüfe, ob sie sich abspielen lässt, oder wähle eine andere.",
  ],
  "playlist-refused": [
    "{detail} ist eine Wiedergabeliste oder ein Skript, kein Film.",
    "Füg stattdessen die Dateien hinzu, die darin stehen.",
  ],
  "no-video": [
    "{detail} hat kein Bild.",
    "Nimm das Preset „Audio only“ oder eine andere Datei.",
  ],
  "no-audio": [
    "{detail} hat keinen Ton, und das Preset macht nichts anderes.",
    "Nimm ein Preset mit Bild.",
  ],
  "codec-unsupported": [
    "{detail} ist verschlüsselt oder in einem Format, das dieses ffmpeg nicht lesen kann.",
    "Entferne den Kopierschutz, wo du das darfst, oder installiere ein ffmpeg, das es kann.",
  ],
  "source-encrypted": [
    "Die Datei {detail} ist verschlüsselt.",
    "Nur ein Abspieler mit dem Schlüssel kann sie zeigen. Nimm eine Kopie ohne Kopierschutz.",
  ],
  "source-damaged": [
    "Die Quelle ist beschädigt: {detail}.",
    "Im Ergebnis ist, was sich lesen ließ. Kopiere die Quelle neu, wenn du eine bessere hast.",
  ],
  "source-truncated": [
    "Die Datei {detail} ist abgeschnitten: Ihr Verzeichnis wurde nie geschrieben.",
    "Kopiere oder lade sie noch einmal vollständig.",
  ],
  "source-changed": [
    "Die Datei {detail} hat sich während der Arbeit geändert.",
    "Warte, bis niemand mehr in sie schreibt, und versuch es dann noch einmal.",
  ],
  "recipe-invalid": [
    "Diese Einstellungen gehen nicht: {detail}.",
    "Ändere das Preset.",
  ],
  "preset-unknown": [
    "Es gibt kein Preset namens {detail}.",
    "Wähle eines aus der Liste.",
  ],
  "preset-invalid": [
    "Die Preset-Datei geht nicht: {detail}.",
    "Berichtige die Datei oder importiere sie noch einmal.",
  ],
  "container-cannot-hold": [
    "Diese Art von Datei kann das nicht aufnehmen: {detail}.",
    "Nimm MKV oder ein anderes Bildformat.",
  ],
  usage: ["{detail}", ""],
  "output-exists": [
    "Das Ergebnis {detail} gibt es schon.",
    "Wähle einen anderen Namen oder erlaube, Vorhandenes zu ersetzen.",
  ],
  "output-not-writable": [
    "In den Ordner von {detail} kann nicht geschrieben werden.",
    "Prüfe, ob es ihn gibt und du dort schreiben darfst.",
  ],
  "output-is-source": [
    "Das Ergebnis {detail} würde seine eigene Quelle ersetzen.",
    "Wähle einen anderen Namen oder Ordner.",
  ],
  "disk-full": [
    "Die Platte ist voll: {detail}.",
    "Schaff Platz und versuch es dann noch einmal; fertige Teile bleiben.",
  ],
  "worker-disk-full": [
    "Die Platte des Helfers ist voll: {detail}.",
    "Schaff auf diesem Rechner Platz.",
  ],
  "ffmpeg-missing": [
    "Es wurde kein brauchbares ffmpeg gefunden ({detail}).",
    "Installiere ffmpeg 5.0 oder neuer.",
  ],
  "ffmpeg-too-old": [
    "Dieses ffmpeg ist zu alt: {detail}.",
    "Installiere ffmpeg 5.0 oder neuer.",
  ],
  "no-worker-can": [
    "Das kann kein Helfer: {detail}.",
    "Nimm einen Rechner dazu, der es kann, oder ein anderes Preset.",
  ],
  "encoder-failed": [
    "Der Encoder brach mit einem Fehler ab: {detail}.",
    "Ein anderer Helfer versucht es von selbst.",
  ],
  "encoder-stalled": [
    "Der Encoder kam nicht voran: {detail}.",
    "Ein anderer Helfer versucht es von selbst.",
  ],
  "too-fast": [
    "Das Ergebnis kam schneller, als irgendwer rechnen kann.",
    "Prüfe ffmpeg auf diesem Helfer.",
  ],
  "frame-count-wrong": [
    "Das Ergebnis hat die falsche Zahl von Bildern: {detail}.",
    "Ein anderer Helfer versucht es von selbst.",
  ],
  "timestamps-wrong": [
    "Das Ergebnis hat falsche Zeiten: {detail}.",
    "Ein anderer Helfer versucht es von selbst.",
  ],
  "result-invalid": [
    "Das Ergebnis ist nicht zu gebrauchen: {detail}.",
    "Ein anderer Helfer versucht es von selbst.",
  ],
  "result-too-large": [
    "Das Ergebnis war größer, als dieser Teil sein kann: {detail}.",
    "Ein anderer Helfer versucht es von selbst.",
  ],
  "limit-exceeded": [
    "Eine Grenze des Helfers wurde überschritten: {detail}.",
    "Nimm ein anderes Preset oder erhöhe die Grenze auf diesem Rechner.",
  ],
  "worker-lost": [
    "Der Helfer meldet sich nicht mehr.",
    "Prüfe, ob er an und verbunden ist; seinen Teil macht ein anderer.",
  ],
  "worker-stopped": [
    "Der Helfer wurde angehalten.",
    "Seinen Teil macht ein anderer.",
  ],
  "failed-everywhere": [
    "Derselbe Teil ging auf mehreren Helfern schief: {detail}.",
    "Im Protokoll steht, was auf jedem geschah. Versuch es dann noch einmal.",
  ],
  "order-refused": [
    "Der Helfer lehnte den Auftrag ab: {detail}.",
    "Bring beide Rechner auf dieselbe Version von Reelfarm.",
  ],
  "cut-failed": [
    "Die Quelle ließ sich hier nicht teilen: {detail}.",
    "Sie wird von selbst am Stück versucht.",
  ],
  "cut-not-exact": [
    "Diese Quelle ließe sich nicht bildgenau teilen: {detail}.",
    "Sie wird von selbst am Stück gerechnet.",
  ],
  "start-not-clean": [
    "Ein Teil, der bei seinem eigenen Schlüsselbild begann, enthielt andere Bilder als erwartet: {detail}.",
    "Er wird von selbst ein Schlüsselbild früher begonnen.",
  ],
  "stitch-failed": [
    "Die Teile ließen sich nicht zusammenfügen: {detail}.",
    "Versuch es noch einmal; geht es wieder schief, nimm MKV.",
  ],
  "output-wrong": [
    "Die fertige Datei hat die Prüfung nicht bestanden: {detail}.",
    "Versuch es noch einmal; die Quelle ist unberührt, und nichts wurde abgelegt.",
  ],
  "address-in-use": [
    "Die Adresse {detail} ist belegt.",
    "Beende das andere Programm oder wähle einen anderen Port.",
  ],
  "master-unreachable": [
    "Der Rechner {detail} antwortet nicht.",
    "Prüfe, ob Reelfarm dort läuft, die Adresse und die Firewall.",
  ],
  "peer-not-allowed": [
    "Die Gegenseite ist nicht mit diesem Rechner gekoppelt: {detail}.",
    "Kopple die beiden Rechner.",
  ],
  "peer-wrong-id": [
    "Die Gegenseite ist nicht der Rechner, der sie sein sollte: {detail}.",
    "Prüfe Kennung und Adresse.",
  ],
  "peer-version": [
    "Die Gegenseite spricht eine andere Version: {detail}.",
    "Aktualisiere Reelfarm auf beiden Rechnern.",
  ],
  "peer-broken": [
    "Die Gegenseite hält sich nicht an die Absprache: {detail}.",
    "Aktualisiere Reelfarm auf beiden Rechnern.",
  ],
  "transfer-broken": [
    "Eine Übertragung brach ab: {detail}.",
    "Sie wird von selbst wiederholt.",
  ],
  "transfer-corrupt": [
    "Eine Übertragung kam beschädigt an: {detail}.",
    "Sie wird von selbst wiederholt.",
  ],
  "pairing-closed": [
    "Die Gegenseite koppelt gerade nicht.",
    "Drück dort „Rechner hinzufügen“ und nimm den neuen Code.",
  ],
  "pairing-code-wrong": [
    "Code oder Link stimmen nicht. {detail}",
    "Gib den Code ein, den die Gegenseite jetzt zeigt; ein Link gilt nur einmal.",
  ],
  "pairing-busy": [
    "Gerade wird ein anderer Rechner gekoppelt.",
    "Versuch es in ein paar Sekunden noch einmal.",
  ],
  "pairing-limit": [
    "Von dieser Adresse kamen zu viele Versuche.",
    "Warte zehn Minuten und lass dir dann einen neuen Code zeigen.",
  ],
  "pairing-refused": [
    "Am anderen Rechner wurde abgelehnt.",
    "Frag dort nach und gib dann einen neuen Code ein.",
  ],
  "decided-there": [
    "Das geht nicht von einem anderen Gerät aus: {detail}.",
    "Mach es am Rechner selbst, in seinem eigenen Fenster.",
  ],
  "join-link-invalid": [
    "Das ist kein Link zum Beitreten.",
    "Kopiere ihn ganz, von reelfarm:// bis zum Ende.",
  ],
  "device-unknown": [
    "Einen gekoppelten Rechner {detail} gibt es nicht.",
    "Sieh unter „Helfer“ nach.",
  ],
  "node-not-running": ["Für {detail} läuft kein Reelfarm.", "Starte es."],
  "node-already-running": [
    "Für {detail} läuft Reelfarm schon.",
    "Benutze dieses oder wähle einen anderen Datenordner.",
  ],
  "job-unknown": [
    "Einen Auftrag {detail} gibt es nicht.",
    "Sieh in der Warteschlange nach.",
  ],
  "job-state-wrong": [
    "Das geht gerade nicht: {detail}.",
    "Sieh nach, wie es um den Auftrag steht.",
  ],
  "store-damaged": [
    "Die gespeicherten Daten sind beschädigt: {detail}.",
    "Ruf `reelfarm doctor` auf.",
  ],
  "store-newer": [
    "Die gespeicherten Daten stammen von einer neueren Version von Reelfarm: {detail}.",
    "Installiere diese Version wieder; nichts wurde geändert.",
  ],
  "store-unwritable": [
    "In den Datenordner kann nicht geschrieben werden: {detail}.",
    "Prüfe das Laufwerk, auf dem er liegt, und seine Rechte.",
  ],
  "internal-error": [
    "Das Programm hat einen Fehler gemacht: {detail}.",
    "Bitte melde ihn; mit REELFARM_DEBUG=1 steht da, wo es geschah.",
  ],
  cancelled: ["Abgebrochen.", "Versuch es noch einmal, um weiterzumachen."],
};
