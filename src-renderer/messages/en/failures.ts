import type { FailureTexts } from "../failure-words.ts";

/** The node says it in English itself; here is only what a window says otherwise than a terminal. */
export const failures: FailureTexts = {
  "preset-unknown": [
    "There is no preset named {detail}.",
    "Choose one of the list.",
  ],
  "output-exists": [
    "The output {detail} exists already.",
    "Choose another name, or allow outputs to be replaced.",
  ],
  "ffmpeg-missing": [
    "No working ffmpeg was found ({detail}).",
    "Install ffmpeg 5.0 or newer.",
  ],
  "ffmpeg-too-old": [
    "This ffmpeg is too old: {detail}.",
    "Install ffmpeg 5.0 or newer.",
  ],
  "address-in-use": [
    "The address {detail} is in use.",
    "Stop the other program, or choose another port.",
  ],
  "peer-not-allowed": [
    "The other side is not paired with this computer: {detail}.",
    "Pair the two computers.",
  ],
  "pairing-closed": [
    "The other side is not pairing now.",
    "Press “Add a computer” there and use the new code.",
  ],
  "device-unknown": [
    "There is no paired computer {detail}.",
    "Look under “Workers”.",
  ],
  "failed-everywhere": [
    "The same part failed on several workers: {detail}.",
    "The log has what happened on each. Then try again.",
  ],
  "job-unknown": ["There is no job {detail}.", "Look in the queue."],
  "job-state-wrong": [
    "That cannot be done now: {detail}.",
    "Look at what the job is doing.",
  ],
};
