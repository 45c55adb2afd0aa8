import type { WorkerLimits } from "../../../src-main/core/worker-limits.ts";
import type { UiOwnWorker } from "../../../src-main/protocol/ui-setup.ts";
import { t } from "../../messages/messages.svelte.ts";

/** What this computer does as a worker, and why not, in words. */
export function workerStateText(
  worker: UiOwnWorker,
  limits: WorkerLimits,
  locale: string,
): string {
  switch (worker.reason) {
    case null:
      return t("settings.state-ready");
    case "paused":
      return t("settings.state-paused", {
        time: new Intl.DateTimeFormat(locale, { timeStyle: "short" }).format(
          limits.pausedUntilMs ?? 0,
        ),
      });
    case "outside-hours":
      return t("settings.state-outside-hours");
    case "on-battery":
      return t("settings.state-on-battery");
    case "in-use":
      return t("settings.state-in-use");
    default:
      return t("settings.state-switched-off");
  }
}
