import { getContext, setContext } from "svelte";
import type { DesktopShell } from "../../src-main/protocol/shell-contract.ts";
import type { Farm } from "./farm.svelte.ts";
import type { Preferences } from "./preferences.svelte.ts";

/** What every screen may use. */
export interface AppContext {
  readonly farm: Farm;
  /** Null in a browser. */
  readonly shell: DesktopShell | null;
  readonly preferences: Preferences;
}

const key = Symbol("app");

export function provideApp(app: AppContext): void {
  setContext(key, app);
}

export function useApp(): AppContext {
  return getContext<AppContext>(key);
}
