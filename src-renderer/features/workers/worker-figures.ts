import type { UiWorker } from "../../../src-main/protocol/ui-contract.ts";
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

/** The encoders a worker offers, for people: `encoder:x264` → `x264`. */
export function encodersOf(worker: UiWorker): string[] {
  return worker.capabilities
    .filter((key) => key.startsWith("encoder:"))
    .map((key) => key.slice("encoder:".length))
    .sort();
}
