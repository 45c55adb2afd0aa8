/** Where Electron's runtime is. The npm package only fetches it; the fetching is done here when it is missing. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";

/** Some 100 MB; a slow line needs minutes. */
const fetchTimeoutMs = 10 * 60_000;

export interface ElectronSurroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  /** Of the installed npm package; null: there is none. */
  readonly packageFolder: string | null;
  /** Runs the package's own installer; null when it went well, else why not. */
  readonly fetchRuntime: (packageFolder: string) => Promise<string | null>;
}

export type ElectronRuntime =
  | { readonly program: string }
  /** Why it cannot be had, as the end of a sentence. */
  | { readonly missing: string };

/** Finds the runtime, fetching it if need be. Never rejects. */
export async function findElectron(
  around: ElectronSurroundings,
): Promise<ElectronRuntime> {
  const { env, platform, packageFolder } = around;
  if (platform === "linux" && !env["DISPLAY"] && !env["WAYLAND_DISPLAY"])
    return { missing: "there is no graphical session" };
  const given = env["ELECTRON_OVERRIDE_DIST_PATH"];
  if (given) {
    const program = path.join(given, programName(platform));
    return existsSync(program)
      ? { program }
      : { missing: `there is none in ${given}` };
  }
  if (packageFolder === null)
    return { missing: "its npm package is not installed" };
  const present = await installedIn(packageFolder);
  if (present !== null) return { program: present };
  if (env["ELECTRON_SKIP_BINARY_DOWNLOAD"])
    return { missing: "it is not to be downloaded" };
  const trouble = await around.fetchRuntime(packageFolder);
  const fetched = await installedIn(packageFolder);
  return fetched !== null
    ? { program: fetched }
    : { missing: `downloading it failed: ${trouble ?? "it left nothing"}` };
}

/** The surroundings of this process. */
export function electronSurroundings(
  env: NodeJS.ProcessEnv,
): ElectronSurroundings {
  return {
    env,
    platform: process.platform,
    packageFolder: findPackage(),
    fetchRuntime,
  };
}

function programName(platform: NodeJS.Platform): string {
  if (platform === "darwin") return "Electron.app/Contents/MacOS/Electron";
  return platform === "win32" ? "electron.exe" : "electron";
}

/** The package notes the program's place inside `dist` in path.txt once it is there. */
async function installedIn(packageFolder: string): Promise<string | null> {
  const name = await readFile(
    path.join(packageFolder, "path.txt"),
    "utf8",
  ).catch(() => null);
  if (name === null) return null;
  const program = path.join(packageFolder, "dist", name.trim());
  return existsSync(program) ? program : null;
}

function findPackage(): string | null {
  try {
    const require = createRequire(import.meta.url);
    return path.dirname(require.resolve("electron/package.json"));
  } catch {
    return null;
  }
}

function fetchRuntime(packageFolder: string): Promise<string | null> {
  return new Promise((resolve) => {
    const installer = spawn(
      process.execPath,
      [path.join(packageFolder, "install.js")],
      { stdio: ["ignore", "ignore", "pipe"], timeout: fetchTimeoutMs },
    );
    let words = "";
    installer.stderr.setEncoding("utf8");
    installer.stderr.on("data", (text: string) => {
      words = (words + text).slice(0, 4096);
    });
    installer.once("error", (error) => resolve(error.message));
    installer.once("close", (code) =>
      resolve(code === 0 ? null : firstErrorIn(words)),
    );
  });
}

function firstErrorIn(words: string): string {
  const line = /^\w*Error: (.+)$/m.exec(words)?.[1] ?? words.split("\n")[0];
  return (line ?? "").slice(0, 200) || "no reason was given";
}
