/** Answers the page's requests to the desktop: each sender and argument is checked first. */
import type {
  Dialog,
  IpcMain,
  IpcMainEvent,
  IpcMainInvokeEvent,
  OpenDialogOptions,
  Shell,
} from "electron";
import { isAbsolute, extname } from "node:path";
import type { LoginItem } from "../protocol/shell-contract.ts";
import { shellChannels } from "./shell-channels.ts";
import { isOwnPage } from "./page-guard.ts";
import type { ShellTexts } from "./texts.ts";

/** What the system may be told to open for the page: media, never a program or a script. */
export const mediaEndings =
  "mkv mp4 m4v mov webm avi wmv flv ts m2ts mts mpg mpeg vob mxf ogv y4m nut mka m4a mp3 aac flac wav ogg opus".split(
    " ",
  );
const maxPathCharacters = 4096;

export interface ShellRequestsOptions {
  readonly ipc: Pick<IpcMain, "handle" | "on">;
  readonly dialog: {
    showOpenDialog(
      options: OpenDialogOptions,
    ): ReturnType<Dialog["showOpenDialog"]>;
  };
  readonly shell: Pick<Shell, "openPath" | "showItemInFolder">;
  readonly loginItem: {
    read(): LoginItem;
    change(startsAtLogin: boolean): LoginItem;
  };
  readonly origin: () => string | null;
  /** Whether a page is the window's own. */
  readonly isWindow: (sender: unknown) => boolean;
  readonly onListening: () => void;
  readonly texts: ShellTexts;
}

export function answerShellRequests(options: ShellRequestsOptions): void {
  const { ipc, dialog, shell, loginItem, texts } = options;
  const handle = (
    channel: string,
    answer: (words: readonly unknown[]) => unknown,
  ): void =>
    ipc.handle(channel, (event, ...words: unknown[]) => {
      checkSender(event, options);
      return answer(words);
    });

  handle(shellChannels.pickFiles, async () => {
    const { filePaths } = await dialog.showOpenDialog({
      title: texts.pickFiles,
      properties: ["openFile", "multiSelections"],
      filters: [
        { name: texts.mediaFiles, extensions: mediaEndings },
        { name: texts.allFiles, extensions: ["*"] },
      ],
    });
    return filePaths;
  });
  handle(shellChannels.pickFolder, async () => {
    const { filePaths } = await dialog.showOpenDialog({
      title: texts.pickFolder,
      properties: ["openDirectory", "createDirectory"],
    });
    return filePaths[0] ?? null;
  });
  handle(shellChannels.reveal, ([path]) =>
    shell.showItemInFolder(checkPath(path)),
  );
  handle(shellChannels.open, async ([word]) => {
    const path = checkPath(word);
    if (!mediaEndings.includes(extname(path).slice(1).toLowerCase()))
      throw new TypeError("Only media files are opened.");
    const trouble = await shell.openPath(path);
    if (trouble !== "") throw new Error(trouble);
  });
  handle(shellChannels.loginItem, () => loginItem.read());
  handle(shellChannels.setLoginItem, ([startsAtLogin]) => {
    if (typeof startsAtLogin !== "boolean")
      throw new TypeError("not a yes or no");
    return loginItem.change(startsAtLogin);
  });
  ipc.on(shellChannels.listening, (event) => {
    if (isFromPage(event, options)) options.onListening();
  });
}

function checkSender(
  event: IpcMainInvokeEvent,
  options: ShellRequestsOptions,
): void {
  if (!isFromPage(event, options))
    throw new Error("This page may not ask the desktop.");
}

/** The window's own page, in the window itself and not in a frame of it. */
function isFromPage(
  event: IpcMainEvent | IpcMainInvokeEvent,
  { origin, isWindow }: ShellRequestsOptions,
): boolean {
  const frame = event.senderFrame;
  return (
    frame !== null &&
    frame.parent === null &&
    isWindow(event.sender) &&
    isOwnPage(frame.url, origin())
  );
}

function checkPath(word: unknown): string {
  if (
    typeof word !== "string" ||
    word.length > maxPathCharacters ||
    word.includes("\0") ||
    !isAbsolute(word) ||
    // A share of another computer would be sent this user's credentials.
    /^[\\/]{2}/.test(word)
  )
    throw new TypeError("not an absolute path");
  return word;
}
