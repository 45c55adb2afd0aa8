/** What this machine is and what its ffmpeg can do. */
import { readFile, writeFile } from "node:fs/promises";
import os from "node:os";
import { join } from "node:path";
import type { Binaries } from "../media/binaries.ts";
import {
  detectCapabilities,
  type Capabilities,
} from "../media/capabilities.ts";
import type { MachineFacts } from "../protocol/messages.ts";

/** Trying every encoder takes seconds: remembered until ffmpeg changes. */
export function readCapabilities(
  dataFolder: string,
  binaries: Binaries,
): Promise<Capabilities> {
  const file = join(dataFolder, "capabilities.json");
  return detectCapabilities(binaries, {
    cache: {
      load: () => readFile(file, "utf8").catch(() => null),
      save: (text) => writeFile(file, text, { mode: 0o600 }),
    },
  });
}

/** What a worker tells its master about the machine it runs on. */
export function machineFacts(ffmpegVersion: string): MachineFacts {
  const cpus = os.cpus();
  return {
    platform: `${os.platform()} ${os.arch()}`,
    cpuModel: (cpus[0]?.model ?? "").trim().slice(0, 120),
    cpuCount: Math.max(1, cpus.length),
    memoryBytes: os.totalmem(),
    ffmpegVersion: ffmpegVersion.slice(0, 120),
  };
}
