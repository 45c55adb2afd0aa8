/** Says what ffmpeg complained of, in a form that may leave this machine. */

const maxReasonChars = 200;

/** Lines that only repeat that something went wrong. */
const emptyPhrases =
  /^(Conversion failed!|Error while (filtering|processing|decoding|opening encoder)|Error (sending|initializing|opening|marking|submitting|muxing|selecting)|Task finished|Terminating thread|Nothing was written|\[(out|vost|vf|af|aost)#)/;

/** Which catalogue code the messages of a failed encode mean. */
export function encodeFailureCode(
  stderrTail: string,
): "worker-disk-full" | "limit-exceeded" | "encoder-failed" {
  if (/No space left on device|Disk quota exceeded/i.test(stderrTail))
    return "worker-disk-full";
  if (/Cannot allocate memory|Picture size .* exceeds/i.test(stderrTail))
    return "limit-exceeded";
  return "encoder-failed";
}

/** The most telling line, without paths and addresses of this machine. */
export function failureReason(stderrTail: string, fallback: string): string {
  const lines = stderrTail
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const telling =
    lines.findLast((line) => !emptyPhrases.test(line)) ?? lines.at(-1);
  return withoutPaths(telling ?? fallback).slice(0, maxReasonChars);
}

/** Drops memory addresses, and paths in POSIX and Windows form. */
export function withoutPaths(text: string): string {
  return text
    .replace(/ @ (0x)?[0-9a-f]+/gi, "")
    .replace(/[a-z][a-z0-9+.-]*:\/\/\S+/gi, "…")
    .replace(/file:\S+/gi, "…")
    .replace(/(?<![\w.])(?:[a-z]:)?[\\/][^\s:'"]*[^\s:'".,)]/gi, "…");
}
