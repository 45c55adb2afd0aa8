/**
 * The catalogue of expected failures. The scheduler decides from the code
 * (who is to blame, does another try help), people read the text and the next
 * step; only code and detail cross the wire, never a stack or a path.
 */

/** Who is to blame. */
export type Blame =
  | "input"
  | "settings"
  | "worker"
  | "network"
  | "disk"
  | "install"
  | "peer"
  | "bug";
/** Whether trying again can help: never, on another worker, or later in the same place. */
export type Retry = "never" | "elsewhere" | "later";

export interface CatalogueEntry {
  readonly blame: Blame;
  readonly retry: Retry;
  /** A sentence for people; `{detail}` is replaced. */
  readonly text: string;
  readonly nextStep: string;
}

const entry = (
  blame: Blame,
  retry: Retry,
  text: string,
  nextStep: string,
): CatalogueEntry => ({
  blame,
  retry,
  text,
  nextStep,
});

export const catalogue = {
  // The source.
  "source-missing": entry(
    "input",
    "never",
    "The file {detail} is not there.",
    "Check the name, or connect the drive it was on, and add it again.",
  ),
  "source-unreadable": entry(
    "input",
    "never",
    "The file {detail} cannot be read.",
    "Check its permissions and the drive it is on.",
  ),
  "not-media": entry(
    "input",
    "never",
    "{detail} is not a video or audio file that ffmpeg can open.",
    "Check that the file plays, or choose another one.",
  ),
  "playlist-refused": entry(
    "input",
    "never",
    "{detail} is a playlist or script, not a media file.",
    "Add the media files it names instead.",
  ),
  "no-video": entry(
    "input",
    "never",
    "{detail} has no video stream.",
    "Choose the preset “Audio only”, or another file.",
  ),
  "no-audio": entry(
    "input",
    "never",
    "{detail} has no audio stream, and the preset makes nothing else.",
    "Choose a preset with video.",
  ),
  "codec-unsupported": entry(
    "input",
    "never",
    "{detail} is encrypted or in a codec this ffmpeg cannot decode.",
    "Remove the copy protection where you may, or install an ffmpeg with that decoder.",
  ),
  "source-encrypted": entry(
    "input",
    "never",
    "The file {detail} is encrypted.",
    "Only a player with its key can show it. Choose a copy without copy protection.",
  ),
  "source-damaged": entry(
    "input",
    "never",
    "The source is damaged: {detail}.",
    "The result has what could be decoded. Copy the source again if you have a better one.",
  ),
  "source-truncated": entry(
    "input",
    "never",
    "The file {detail} is cut off: its index was never written.",
    "Copy or download it again completely.",
  ),
  "source-changed": entry(
    "input",
    "never",
    "The file {detail} changed while it was being encoded.",
    "Wait until nothing writes to it any more, then retry the job.",
  ),
  // What was asked for.
  "recipe-invalid": entry(
    "settings",
    "never",
    "The settings cannot be used: {detail}.",
    "Change the preset.",
  ),
  "preset-unknown": entry(
    "settings",
    "never",
    "There is no preset named {detail}.",
    "See `reelfarm presets` for the names.",
  ),
  "preset-invalid": entry(
    "settings",
    "never",
    "The preset file cannot be used: {detail}.",
    "Correct the file, or import it again.",
  ),
  "container-cannot-hold": entry(
    "settings",
    "never",
    "The container cannot hold this: {detail}.",
    "Choose MKV, or another codec.",
  ),
  usage: entry("settings", "never", "{detail}", "See `reelfarm --help`."),
  // Disk.
  "output-exists": entry(
    "disk",
    "never",
    "The output {detail} exists already.",
    "Choose another name, or pass --overwrite.",
  ),
  "output-not-writable": entry(
    "disk",
    "never",
    "The folder of {detail} cannot be written to.",
    "Check that it exists and that you may write there.",
  ),
  "output-is-source": entry(
    "disk",
    "never",
    "The output {detail} would replace its own source.",
    "Choose another name or folder.",
  ),
  "disk-full": entry(
    "disk",
    "later",
    "The disk is full: {detail}.",
    "Free some space, then retry the job; finished parts are kept.",
  ),
  "worker-disk-full": entry(
    "worker",
    "elsewhere",
    "The worker's disk is full: {detail}.",
    "Free some space on that worker.",
  ),
  // Workers and ffmpeg.
  "ffmpeg-missing": entry(
    "install",
    "never",
    "No working ffmpeg was found ({detail}).",
    "Install ffmpeg 5.0 or newer, or name one with REELFARM_FFMPEG and REELFARM_FFPROBE.",
  ),
  "ffmpeg-too-old": entry(
    "install",
    "never",
    "This ffmpeg is too old: {detail}.",
    "Install ffmpeg 5.0 or newer, or name one with REELFARM_FFMPEG.",
  ),
  "no-worker-can": entry(
    "worker",
    "later",
    "No worker can do this: {detail}.",
    "Add a worker that can, or choose another preset.",
  ),
  "encoder-failed": entry(
    "worker",
    "elsewhere",
    "The encoder stopped with an error: {detail}.",
    "It is tried on another worker by itself.",
  ),
  "encoder-stalled": entry(
    "worker",
    "elsewhere",
    "The encoder made no progress: {detail}.",
    "It is tried on another worker by itself.",
  ),
  "too-fast": entry(
    "worker",
    "elsewhere",
    "The result came faster than anything could encode it.",
    "Check ffmpeg on that worker.",
  ),
  "frame-count-wrong": entry(
    "worker",
    "elsewhere",
    "The result has the wrong number of frames: {detail}.",
    "It is tried on another worker by itself.",
  ),
  "timestamps-wrong": entry(
    "worker",
    "elsewhere",
    "The result has wrong timestamps: {detail}.",
    "It is tried on another worker by itself.",
  ),
  "result-invalid": entry(
    "worker",
    "elsewhere",
    "The result cannot be used: {detail}.",
    "It is tried on another worker by itself.",
  ),
  "result-too-large": entry(
    "worker",
    "elsewhere",
    "The result was larger than this part can be: {detail}.",
    "It is tried on another worker by itself.",
  ),
  "limit-exceeded": entry(
    "worker",
    "elsewhere",
    "A limit of the worker was exceeded: {detail}.",
    "Choose another preset, or raise the limit on that worker.",
  ),
  "worker-lost": entry(
    "worker",
    "elsewhere",
    "The worker went silent.",
    "Check that the machine is on and connected; its part is done elsewhere.",
  ),
  "worker-stopped": entry(
    "worker",
    "elsewhere",
    "The worker was told to stop.",
    "Its part is done elsewhere.",
  ),
  "failed-everywhere": entry(
    "worker",
    "never",
    "The same part failed on several workers: {detail}.",
    "See the reasons of each worker below, then retry the job.",
  ),
  "order-refused": entry(
    "worker",
    "elsewhere",
    "The worker refused the order: {detail}.",
    "Bring both machines to the same version of Reelfarm.",
  ),
  // The master's own media work.
  "cut-failed": entry(
    "input",
    "elsewhere",
    "The source could not be cut here: {detail}.",
    "It is tried again as one piece by itself.",
  ),
  "cut-not-exact": entry(
    "input",
    "never",
    "Cutting this source would not be exact: {detail}.",
    "It is encoded as one piece by itself.",
  ),
  "start-not-clean": entry(
    "input",
    "elsewhere",
    "A part that began with its own keyframe held other frames than it should: {detail}.",
    "It is tried again from a keyframe earlier by itself.",
  ),
  "stitch-failed": entry(
    "input",
    "later",
    "The parts could not be joined: {detail}.",
    "Retry the job; if it fails again choose MKV as the container.",
  ),
  "output-wrong": entry(
    "bug",
    "later",
    "The finished file failed its verification: {detail}.",
    "Retry the job; the source is untouched and nothing was published.",
  ),
  // Network and peers.
  "address-in-use": entry(
    "network",
    "later",
    "The address {detail} is in use.",
    "Stop the other program, or choose another port with --listen.",
  ),
  "master-unreachable": entry(
    "network",
    "later",
    "The master {detail} does not answer.",
    "Check that it runs, the address, and the firewall.",
  ),
  "peer-not-allowed": entry(
    "peer",
    "never",
    "The other side is not paired with this node: {detail}.",
    "Pair the two devices, or pass its id with --allow.",
  ),
  "peer-wrong-id": entry(
    "peer",
    "never",
    "The other side is not the device it should be: {detail}.",
    "Check the id and the address.",
  ),
  "peer-version": entry(
    "peer",
    "never",
    "The other side speaks another version: {detail}.",
    "Update Reelfarm on both machines.",
  ),
  "peer-broken": entry(
    "peer",
    "never",
    "The other side broke the protocol: {detail}.",
    "Update Reelfarm on both machines.",
  ),
  "transfer-broken": entry(
    "network",
    "elsewhere",
    "A transfer broke: {detail}.",
    "It is repeated by itself.",
  ),
  "transfer-corrupt": entry(
    "network",
    "elsewhere",
    "A transfer arrived damaged: {detail}.",
    "It is repeated by itself.",
  ),
  // Pairing.
  "pairing-closed": entry(
    "peer",
    "never",
    "The other side is not pairing now.",
    "Type `reelfarm pair` there, or press “Add a computer”, and use the new code.",
  ),
  "pairing-code-wrong": entry(
    "peer",
    "never",
    "The code or link is wrong. {detail}",
    "Type the code the other side shows now; a link works once.",
  ),
  "pairing-busy": entry(
    "peer",
    "later",
    "Another computer is being paired at this moment.",
    "Try again in a few seconds.",
  ),
  "pairing-limit": entry(
    "peer",
    "later",
    "There were too many tries from this address.",
    "Wait ten minutes, then ask for a new code.",
  ),
  "pairing-refused": entry(
    "peer",
    "never",
    "The person at the other side refused.",
    "Ask there, then type a new code.",
  ),
  "decided-there": entry(
    "settings",
    "never",
    "This cannot be done from another device: {detail}.",
    "Do it at the computer itself, in its own window.",
  ),
  "join-link-invalid": entry(
    "settings",
    "never",
    "This is not a join link.",
    "Copy all of what `reelfarm pair --link` printed, from reelfarm:// to its end.",
  ),
  "device-unknown": entry(
    "settings",
    "never",
    "There is no paired device {detail}.",
    "See `reelfarm devices`.",
  ),
  // The node.
  "node-not-running": entry(
    "install",
    "later",
    "No node is running for {detail}.",
    "Start one with `reelfarm serve`.",
  ),
  "node-already-running": entry(
    "install",
    "never",
    "A node is already running for {detail}.",
    "Use that one, or choose another folder with --data.",
  ),
  "job-unknown": entry(
    "settings",
    "never",
    "There is no job {detail}.",
    "See `reelfarm queue`.",
  ),
  "job-state-wrong": entry(
    "settings",
    "never",
    "That cannot be done now: {detail}.",
    "See `reelfarm job ID` for its state.",
  ),
  "store-damaged": entry(
    "disk",
    "never",
    "The stored data is damaged: {detail}.",
    "Run `reelfarm doctor`.",
  ),
  "store-newer": entry(
    "install",
    "never",
    "The stored data was written by a newer version of Reelfarm: {detail}.",
    "Install that version again; nothing was changed.",
  ),
  "store-unwritable": entry(
    "disk",
    "later",
    "The data folder cannot be written to: {detail}.",
    "Check the drive it is on and its permissions.",
  ),
  "internal-error": entry(
    "bug",
    "never",
    "The program made a mistake: {detail}.",
    "Please report it; REELFARM_DEBUG=1 shows where it happened.",
  ),
  cancelled: entry(
    "settings",
    "never",
    "Cancelled.",
    "Retry the job to go on.",
  ),
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof catalogue;

/** Whether a text is a code of this catalogue. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(catalogue, text);
}

/** An expected failure. `detail` is shown to people; `cause` stays on this machine. */
export class Failure extends Error {
  readonly code: ErrorCode;
  readonly detail: string;

  constructor(code: ErrorCode, detail = "", options?: { cause?: unknown }) {
    super(explain(code, detail).text, options);
    this.name = "Failure";
    this.code = code;
    this.detail = detail;
  }
}

/** The sentence and the next step for people. */
export function explain(
  code: ErrorCode,
  detail: string,
): { text: string; nextStep: string } {
  const { text, nextStep } = catalogue[code];
  return { text: text.replace("{detail}", detail), nextStep };
}
