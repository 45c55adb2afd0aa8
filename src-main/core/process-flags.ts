/**
 * Flags a node's process is to be started with.
 *
 * Media passes through in many short-lived buffers: V8 grows its young
 * generation to 16 MiB halves for them and never gives that back. Halves of
 * 2 MiB cost a little more collecting and keep a master below 150 MB. The
 * flag has no effect once the process runs, so whoever starts one passes it;
 * cli.ts has it in its first line.
 */
export const nodeFlags: readonly string[] = ["--max-semi-space-size=2"];
