export const pairingMessages = {
  "pairing.title": "Pairing",
  "pairing.add": "Add a computer",
  "pairing.add-text":
    "Start Reelfarm on the other computer, choose “This computer helps”, and type this code there.",
  "pairing.code": "Code",
  "pairing.code-expires": "Good for {time}",
  "pairing.code-used": "This code is used up or too old.",
  "pairing.new-code": "New code",
  "pairing.tries-left":
    "{count, plural, one {# try left} other {# tries left}}",
  "pairing.no-terminal": "Without a window on the other computer",
  "pairing.link-text":
    "Run this there, or scan the picture. The link works once and for a short time.",
  "pairing.make-link": "Make a link",
  "pairing.copy": "Copy",
  "pairing.copied": "Copied",
  "pairing.qr": "The link as a picture to scan",
  "pairing.asks": "{name} wants to help",
  "pairing.asks-text": "It comes from {address} and its id is {id}.",
  "pairing.namesake":
    "You already have a computer of this name with another id. Accept only if it was set up anew.",
  "pairing.accept": "Let it in",
  "pairing.refuse": "Refuse",
  "pairing.proving": "{name} at {address} is being checked …",
  "pairing.done": "{name} helps now.",
  "pairing.turned-away": "{name} was turned away: {reason}",
  "pairing.find": "Which computer runs the farm?",
  "pairing.find-text":
    "These were found on your network. They show a code under “Add a computer”.",
  "pairing.searching": "Looking around on the network …",
  "pairing.none-seen":
    "No farm is seen yet. Start Reelfarm on the computer that runs it, or type its address.",
  "pairing.seen-name": "Farm at {address}",
  "pairing.seen-outdated": "another version, update first",
  "pairing.by-address": "Type an address",
  "pairing.by-link": "Use a link",
  "pairing.address": "Address",
  "pairing.address-hint":
    "As the other computer shows it, for example 192.168.1.20:47600",
  "pairing.address-wrong": "An address looks like 192.168.1.20:47600.",
  "pairing.link": "Link",
  "pairing.link-wrong": "A link begins with reelfarm://join.",
  "pairing.enter-code": "Type the code it shows",
  "pairing.digit": "Digit {number}",
  "pairing.join": "Connect",
  "pairing.joining": "Waiting for the other computer …",
  "pairing.joined": "This computer helps {name} now.",
  "pairing.back": "Back",
  "pairing.why-none": "Why is nothing found?",
  "first-run.title": "Welcome to Reelfarm",
  "first-run.text":
    "Several computers encode one film at once. What should this one do?",
  "first-run.name": "Name of this computer",
  "first-run.name-hint": "The others see it under this name.",
  "first-run.master": "This computer runs the farm",
  "first-run.master-text":
    "Films are added here, and it encodes as well. Choose it on one computer.",
  "first-run.worker": "This computer helps",
  "first-run.worker-text":
    "It encodes for the computer that runs the farm. Choose it on all others.",
  "first-run.later": "You can change this at any time under “This computer”.",
} as const;
