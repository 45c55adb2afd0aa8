/** Options that several commands have. */
import { Option } from "commander";
import { parseNumber } from "./argument-checks.ts";

/** Made by everybody's players, quickly. */
export const defaultPreset = "fast-1080p";

/** `--data`: which node is meant. */
export function dataOption(): Option {
  return new Option("--data <dir>", "the node's data folder");
}

/** `--json`: for programs. */
export function jsonOption(): Option {
  return new Option("--json", "print JSON");
}

/** `--segment-seconds`: every segment this long. */
export function segmentOption(): Option {
  return new Option(
    "--segment-seconds <s>",
    "length of every segment (default: chosen as it goes)",
  ).argParser((typed: string) =>
    parseNumber(typed, { name: "--segment-seconds", min: 0.5, max: 3600 }),
  );
}
