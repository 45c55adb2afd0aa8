/**
 * Keeps the window to the node's own page: no other address is loaded, opened
 * or asked, and no permission is given. The page's own policy (CSP) comes as a
 * header from the node; this holds even where the page is wrong.
 */
import type { Session, WebContents } from "electron";

/** Shown while there is no node to load a page from. */
export const waitingPagePrefix = "data:text/html;charset=utf-8,";

export interface PageGuardOptions {
  /** `http://127.0.0.1:1234`; null while there is no node. */
  readonly origin: () => string | null;
  /** A link of the page that leads outside is shown in the user's browser. */
  readonly openOutside: (url: string) => void;
}

type GuardedSession = Pick<
  Session,
  | "setPermissionRequestHandler"
  | "setPermissionCheckHandler"
  | "setDevicePermissionHandler"
  | "setSpellCheckerEnabled"
> & { readonly webRequest: Pick<Session["webRequest"], "onBeforeRequest"> };

export function guardSession(
  session: GuardedSession,
  { origin }: PageGuardOptions,
): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) =>
    answer(false),
  );
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  // Its dictionaries are fetched from the internet.
  session.setSpellCheckerEnabled(false);
  session.webRequest.onBeforeRequest((request, answer) =>
    answer({ cancel: !isOwnAddress(request.url, origin()) }),
  );
}

export function guardContents(
  contents: Pick<WebContents, "on" | "setWindowOpenHandler">,
  { origin, openOutside }: PageGuardOptions,
): void {
  contents.setWindowOpenHandler(({ url }) => {
    if (isHelpLink(url)) openOutside(url);
    return { action: "deny" };
  });
  contents.on("will-navigate", (event) => {
    if (!isOwnPage(event.url, origin())) event.preventDefault();
  });
  contents.on("will-redirect", (event) => {
    if (!isOwnPage(event.url, origin())) event.preventDefault();
  });
  contents.on("will-attach-webview", (event) => event.preventDefault());
}

/** Whether an address is a page of the node's window. */
export function isOwnPage(url: string, origin: string | null): boolean {
  return origin !== null && originOf(url) === origin;
}

function isOwnAddress(url: string, origin: string | null): boolean {
  if (url.startsWith(waitingPagePrefix)) return true;
  // Chromium's own developer tools, and pictures the page made itself.
  if (/^(devtools|blob|data):/.test(url)) return true;
  return isOwnPage(url.replace(/^ws:/, "http:"), origin);
}

/** A page for people, of a plain kind. */
function isHelpLink(url: string): boolean {
  return originOf(url)?.startsWith("https://") ?? false;
}

function originOf(url: string): string | null {
  try {
    return new URL(url).origin;
  } catch {
    return null;
  }
}
