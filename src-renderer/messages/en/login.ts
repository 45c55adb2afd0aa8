export const loginMessages = {
  "login.title": "Reelfarm on another device",
  "login.text":
    "On the computer at {host} open Reelfarm, go to “This computer” and press “Let a browser in”. Type the six digits it shows.",
  "login.name": "What this browser is to be called there",
  "login.name-default": "{browser} on {system}",
  "login.compare":
    "Your browser has warned that it does not know this computer’s certificate. That is expected once; the computer shows the fingerprint to compare with the one your browser shows.",
  "login.enter": "Log in",
  "login.entering": "One moment …",
  "login.wrong": "That code is not right.",
  "login.closed":
    "No code is live at that computer. Ask for a new one there and type it here.",
  "login.limit": "Too many tries. Wait ten minutes, then use a new code.",
  "login.failed": "The login did not work. Try again.",
  "login.undecided":
    "This computer has not been set up yet. Do that in its own window first.",
  "login.out-title": "This browser",
  "login.out-text":
    "You are looking at {name} from another device. What that computer does, who belongs to its farm and who may open its window is decided there.",
  "login.out": "Log out",
  "login.card": "Open from other devices",
  "login.switch": "Let phones and computers of your home open this window",
  "login.switch-hint":
    "They reach it over an encrypted connection, and each browser needs a code from here once.",
  "login.where": "Open this address there",
  "login.qr": "QR code of the address",
  "login.fingerprint": "Certificate (SHA-256)",
  "login.fingerprint-text":
    "The browser warns once, because this computer vouches for itself. Compare this with the fingerprint it shows before you go on.",
  "login.let-in": "Let a browser in",
  "login.code-text": "Type these digits on the page that opened there.",
  "login.code-gone": "The code is used up.",
  "login.code-used": "{name} is let in.",
  "login.browsers": "Browsers that are let in",
  "login.connected": "open now",
  "login.seen": "last seen {time}",
  "login.revoke": "Log out",
  "login.revoke-title": "Log {name} out?",
  "login.revoke-text":
    "It is shut out at once and needs a new code to come back.",
  "login.revoked": "{name} is logged out.",
  "login.folders": "More folders they may look into",
  "login.folders-hint":
    "They always see your videos folder, the folder for finished films and watch folders, and nothing else of this computer.",
  "login.folder-add": "Add a folder",
  "login.folder-remove": "Do not share {path}",
} as const;
