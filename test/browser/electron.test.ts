import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { _electron } from "playwright-core";
import { expect, it } from "vitest";
import {
  electronSurroundings,
  findElectron,
} from "../../src-main/cli/electron-runtime.ts";

/** A test fetches nothing: only a runtime that lies here is used. */
const found = await findElectron({
  ...electronSurroundings(process.env),
  fetchRuntime: () => Promise.resolve("tests do not download"),
});
const reason = "missing" in found ? found.missing : null;
const appFolder = fileURLToPath(new URL("../..", import.meta.url));

it.skipIf(reason !== null)(
  `real Electron shows the node's page in its cage${reason === null ? "" : ` (skipped: ${reason})`}`,
  async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), "reelfarm-electron-"));
    const app = await _electron.launch({
      executablePath: "program" in found ? found.program : "",
      args: [appFolder, `--data=${folder}`],
      env: { ...process.env, XDG_CONFIG_HOME: folder } as Record<
        string,
        string
      >,
    });
    try {
      const page = await app.firstWindow();
      await page.waitForURL(/^http:\/\/127\.0\.0\.1:\d+\//);
      // The first question: nobody has said yet what this computer is.
      await page.getByRole("button").first().waitFor();
      const seen = await page.evaluate(() => ({
        shell: "reelfarmShell" in globalThis,
        node: "process" in globalThis || "require" in globalThis,
      }));
      expect(seen).toEqual({ shell: true, node: false });
    } finally {
      await app.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
