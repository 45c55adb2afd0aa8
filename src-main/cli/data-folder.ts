import path from "node:path";

export interface FolderSurroundings {
  readonly platform: NodeJS.Platform;
  readonly env: NodeJS.ProcessEnv;
  readonly homeFolder: string;
}

/**
 * Where a node keeps its data unless --data says otherwise: REELFARM_DATA, else
 * the platform's place (XDG Base Directory on Linux and BSD, Application
 * Support on macOS, APPDATA on Windows).
 */
export function defaultDataFolder(around: FolderSurroundings): string {
  const { env, homeFolder, platform } = around;
  const named = env["REELFARM_DATA"];
  if (named) return path.resolve(named);
  if (platform === "win32")
    return path.join(
      env["APPDATA"] || path.join(homeFolder, "AppData", "Roaming"),
      "Reelfarm",
    );
  if (platform === "darwin")
    return path.join(homeFolder, "Library", "Application Support", "Reelfarm");
  // The specification: a relative path there is to be ignored.
  const xdg = env["XDG_DATA_HOME"];
  const base =
    xdg && path.isAbsolute(xdg)
      ? xdg
      : path.join(homeFolder, ".local", "share");
  return path.join(base, "reelfarm");
}
