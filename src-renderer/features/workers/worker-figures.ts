import type { UiWorker } from "../../../src-main/protocol/ui-contract.ts";
import { videoEncoders } from "../../../src-main/core/recipe.ts";
import { encoderName } from "../presets/codec-names.ts";
import type { MessageKey } from "../../messages/en.ts";

/** What a worker's card says it is doing. */
export function workerStateKey(worker: UiWorker): MessageKey {
  switch (worker.state) {
    case "connected":
      return worker.work.length > 0
        ? "workers.state-working"
        : "workers.state-idle";
    case "draining":
      return "workers.state-draining";
    case "suspended":
      return "workers.state-suspended";
    case "outdated":
      return "workers.state-outdated";
    case "lost":
      return "workers.state-lost";
  }
}

/** What a worker can encode to, as people call it: `encoder:x264` → `H.264`. */
export function encodersOf(worker: UiWorker): string[] {
  return videoEncoders
    .filter((one) => worker.capabilities.includes(`encoder:${one}`))
    .map(encoderName);
}
