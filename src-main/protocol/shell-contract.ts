/**
 * What only a desktop can do, offered to the page by the preload script. In a
 * browser there is none of it, and the page finds another way.
 */
export const shellContractVersion = 1;

/** The name under which the preload script puts the shell into the page. */
export const shellGlobal = "reelfarmShell";

export interface LoginItem {
  readonly isSupported: boolean;
  readonly startsAtLogin: boolean;
}

export interface DesktopShell {
  readonly version: number;
  readonly platform: "darwin" | "win32" | "linux";
  /** Asked with native dialogs; empty when cancelled. Absolute paths. */
  pickFiles(): Promise<readonly string[]>;
  pickFolder(): Promise<string | null>;
  /** Real paths of dropped files; an entry without one (dragged out of a browser) is left out. */
  pathsOf(files: readonly File[]): readonly string[];
  /** Shows a file in the system's file manager. */
  reveal(path: string): Promise<void>;
  open(path: string): Promise<void>;
  loginItem(): Promise<LoginItem>;
  setLoginItem(startsAtLogin: boolean): Promise<LoginItem>;
  /** Links and files the app was opened with; also those that come later. */
  onOpened(listener: (opened: OpenedThing) => void): () => void;
}

/** A join link, or files to be added to the queue. */
export type OpenedThing =
  | { readonly kind: "link"; readonly link: string }
  | { readonly kind: "files"; readonly paths: readonly string[] };
