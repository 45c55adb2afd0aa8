import type { Socket } from "node:net";

/** In the time after which a tool counts as silent: a sleep of the machine is one look. */
const looksMax = 10;

/**
 * Calls back once when a tool gave nothing for so long though all it gave was
 * taken, and it is not suspended. Looked at from outside: a listener would make
 * the stream flow before its reader is there. Returns the way to stop watching.
 */
export function watchSilence(
  stdout: Socket,
  maxSilentMs: number,
  isSuspended: () => boolean,
  onExceeded: () => void,
): () => void {
  let seenBytes = 0;
  let looks = 0;
  const timer = setInterval(() => {
    const isReadersTurn = stdout.readableLength > 0;
    const isExcused =
      stdout.bytesRead > seenBytes || isReadersTurn || isSuspended();
    looks = isExcused ? 0 : looks + 1;
    seenBytes = stdout.bytesRead;
    if (looks < looksMax) return;
    clearInterval(timer);
    onExceeded();
  }, maxSilentMs / looksMax);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}
