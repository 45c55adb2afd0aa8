import type { Binaries } from "../../src-main/media/binaries.ts";
import type { Figure } from "./figure.ts";
import type { Scope } from "./scope.ts";

/** What a section is given. */
export interface Bench {
  /** Short clips and one repetition: shows that everything works, proves nothing. */
  readonly isQuick: boolean;
  /** Aborted on Ctrl-C; the section is then left behind and its scope closed. */
  readonly signal: AbortSignal;
  /** Closed when the section is over, also when it failed. */
  readonly scope: Scope;
  /** Of this run; what sections share (sources, capabilities) lies here. */
  readonly folder: string;
  /** Top of the project. */
  readonly root: string;
  readonly binaries: Binaries;
  /** A line beside the figures. */
  say(text: string): void;
  /** Records a figure and prints it. */
  tell(figure: Figure): void;
}

export interface Section {
  readonly name: string;
  readonly about: string;
  run(bench: Bench): Promise<void>;
}

/** Thrown where this machine lacks what a section needs; neither pass nor miss. */
export class Skipped extends Error {}
