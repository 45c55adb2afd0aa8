import { applyUiChange } from "../protocol/apply-ui-change.ts";
import type {
  UiAnswer,
  UiRequest,
  UiSnapshot,
} from "../protocol/ui-contract.ts";
import type { UiHost } from "../ui-server/ui-host.ts";

/** What commands need of a node, whether it runs in this process or another one. */
export interface FarmView {
  /** @throws Failure or Refusal. */
  ask<Request extends UiRequest>(
    request: Request,
  ): Promise<UiAnswer<Request["type"]>>;
  /** Tells the state now and after every change. Returns the way to stop. */
  watch(
    onState: (state: UiSnapshot) => void,
    onLost: (reason: Error) => void,
  ): () => void;
}

/** The view of a node in this process. */
export function viewOfHost(host: UiHost): FarmView {
  return {
    ask: (request) => host.handle(request),
    watch: (onState) => {
      let state = host.snapshot();
      const stop = host.subscribe((change) => {
        state = applyUiChange(state, change) ?? host.snapshot();
        onState(state);
      });
      onState(state);
      return stop;
    },
  };
}
