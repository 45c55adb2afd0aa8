import { unreachable } from "../core/assert.ts";
import type { HistoryRequest, UiHistory } from "../protocol/ui-history.ts";
import type { History } from "../store/history.ts";

/** Answers what faces ask about finished jobs. */
export async function answerForHistory(
  request: HistoryRequest,
  history: History,
): Promise<UiHistory | null> {
  switch (request.type) {
    case "history":
      return history.page(request.before, request.limit);
    case "clear-history":
      await history.clear(Date.now());
      return null;
    default:
      return unreachable(request);
  }
}
