import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

/** The built program: Node 20 runs no TypeScript. */
const storeUrl = new URL(
  "../../dist/main/store/node-store.js",
  import.meta.url,
);
const opener = fileURLToPath(new URL("store-opener.mjs", import.meta.url));
const rounds = 5;

interface Opener {
  readonly child: ChildProcess;
  readonly lines: AsyncIterator<unknown>;
}

function startOpener(folder: string): Opener {
  const child = spawn(process.execPath, [opener, storeUrl.href, folder], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdout.setEncoding("utf8");
  return { child, lines: child.stdout[Symbol.asyncIterator]() };
}

async function nextLine({ lines }: Opener): Promise<string> {
  const { value } = await lines.next();
  return String(value).trim();
}

it("of processes that open one store at the same moment one gets it, also after it was killed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "reelfarm-lock-"));
  try {
    for (let round = 0; round < rounds; round++) {
      const openers = [1, 2, 3].map(() => startOpener(folder));
      for (const one of openers) expect(await nextLine(one)).toBe("ready");
      for (const { child } of openers) child.stdin?.write("go\n");
      const answers = await Promise.all(openers.map(nextLine));
      // Killed with the store open, so that the next round finds its lock.
      for (const { child } of openers) {
        child.kill("SIGKILL");
        await once(child, "close");
      }
      const lost = "node-already-running";
      expect(answers.sort(), `round ${String(round)}`).toEqual([
        ...[lost, lost, "open"],
      ]);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
