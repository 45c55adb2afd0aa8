import { spawn } from "node:child_process";

/** A command that opens things answers within this long, or still stands behind an open window. */
const openTimeoutMs = 3_000;

/** What opens a link on a system; null where nothing can be expected to. */
export function pageOpener(
  platform: NodeJS.Platform,
  env: NodeJS.ProcessEnv,
): { readonly program: string; readonly words: readonly string[] } | null {
  if (platform === "darwin") return { program: "open", words: [] };
  if (platform === "win32")
    // The empty word is the window's title, which `start` takes first.
    return { program: "cmd", words: ["/d", "/s", "/c", "start", '""'] };
  return env["DISPLAY"] || env["WAYLAND_DISPLAY"]
    ? { program: "xdg-open", words: [] }
    : null;
}

/** Opens a page in the user's browser; false where that cannot be done. Never rejects. */
export function openPage(
  link: string,
  around: {
    readonly platform: NodeJS.Platform;
    readonly env: NodeJS.ProcessEnv;
  },
): Promise<boolean> {
  const opener = pageOpener(around.platform, around.env);
  if (opener === null) return Promise.resolve(false);
  return new Promise((resolve) => {
    const child = spawn(opener.program, [...opener.words, link], {
      stdio: "ignore",
      detached: true,
      windowsHide: true,
      env: around.env,
    });
    const timer = setTimeout(() => resolve(true), openTimeoutMs);
    const answer = (isOpened: boolean): void => {
      clearTimeout(timer);
      resolve(isOpened);
    };
    child.once("error", () => answer(false));
    child.once("exit", (code) => answer(code === 0));
    child.unref();
  });
}
