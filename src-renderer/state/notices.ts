import { toast } from "svelte-sonner";
import { LineLost, RequestRefused } from "../connection/connection.ts";
import { failureWords } from "../messages/failure-words.ts";
import { messages, t } from "../messages/messages.svelte.ts";

/** Tells that something was done, with a way back when there is one. */
export function notify(text: string, undo?: () => void | Promise<void>): void {
  toast(
    text,
    undo === undefined
      ? {}
      : {
          duration: 10_000,
          action: {
            label: t("app.undo"),
            onClick: () => void attempt(undo),
          },
        },
  );
}

/** Says what went wrong and what to do, in the node's words when it has any. */
export function reportFailure(error: unknown): void {
  if (error instanceof RequestRefused) {
    const { text, nextStep } = failureWords(error.failure, messages.language);
    toast.error(text, { description: nextStep, duration: 12_000 });
  } else if (error instanceof LineLost)
    toast.error(t("app.failed"), { description: t("app.line-lost") });
  else
    toast.error(t("app.failed"), {
      description: error instanceof Error ? error.message : String(error),
    });
}

/** Runs what a click asked for; a failure is told, never lost. Gives back whether it went well. */
export async function attempt(act: () => unknown): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    reportFailure(error);
    return false;
  }
}
