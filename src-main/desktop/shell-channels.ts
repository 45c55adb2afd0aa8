/**
 * Names of the messages between the preload script and the main process. The
 * preload script runs in the sandbox and can import nothing, so it has them a
 * second time; a test compares.
 */
export const shellChannels = {
  pickFiles: "reelfarm:pick-files",
  pickFolder: "reelfarm:pick-folder",
  reveal: "reelfarm:reveal",
  open: "reelfarm:open",
  loginItem: "reelfarm:login-item",
  setLoginItem: "reelfarm:set-login-item",
  /** Page to shell: it listens for what the app is opened with. */
  listening: "reelfarm:listening",
  /** Shell to page. */
  opened: "reelfarm:opened",
} as const;
