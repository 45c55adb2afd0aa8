import { Failure, explain } from "../core/errors.ts";
import type { UiFailure } from "../protocol/ui-contract.ts";
import { printable } from "./text-width.ts";

/** 0 ok; 1 refused or failed; 2 wrong usage; 130 ended by Ctrl-C (128 + SIGINT). */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  interrupted: 130,
} as const;

/** A node refused a request; its words are passed on as they came. */
export class Refusal extends Error {
  readonly failure: UiFailure;

  constructor(failure: UiFailure) {
    super(failure.text);
    this.name = "Refusal";
    this.failure = failure;
  }
}

/** The three things people are told. Null: no expected failure, hence a bug. */
export function failureOf(error: unknown): UiFailure | null {
  if (error instanceof Refusal) return error.failure;
  if (!(error instanceof Failure)) return null;
  return { code: error.code, ...explain(error.code, error.detail) };
}

export function exitCodeOf(failure: UiFailure): number {
  return failure.code === "usage" ? exitCodes.usage : exitCodes.failed;
}

/** Sentence first, then what to do, then the code for searching. */
export function renderFailure(failure: UiFailure): string[] {
  return [
    `reelfarm: ${printable(failure.text)}`,
    `  ${printable(failure.nextStep)}  [${failure.code}]`,
  ];
}
