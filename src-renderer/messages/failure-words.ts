/** What a failure of the node says, in the language of the window. */
import type { ErrorCode } from "../../src-main/core/errors.ts";
import type { UiFailure } from "../../src-main/protocol/ui-contract.ts";
import { failures as de } from "./de/failures.ts";
import { failures as en } from "./en/failures.ts";

/** By code: the sentence, where `{detail}` is replaced, and the next step. */
export type FailureTexts = Readonly<
  Partial<Record<ErrorCode, readonly [text: string, nextStep: string]>>
>;

const languages: Readonly<Record<string, FailureTexts>> = { en, de };

/** The node's own words where there are no others, as for codes newer than this window. */
export function failureWords(
  failure: UiFailure,
  language: string,
): Pick<UiFailure, "text" | "nextStep"> {
  const texts = languages[language] ?? {};
  const own = Object.hasOwn(texts, failure.code)
    ? texts[failure.code as ErrorCode]
    : undefined;
  if (own === undefined || failure.detail === undefined) return failure;
  const { detail } = failure;
  const [text, nextStep] = own;
  return { text: text.replace("{detail}", () => detail), nextStep };
}
