/** What people type after an option, checked. Each throws a usage failure that names the option's form. */
import { parseDeviceId } from "../core/device-name.ts";
import { Failure } from "../core/errors.ts";
import type { DeviceId } from "../core/identifiers.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `HOST:PORT`, `[::1]:PORT`, and where a default port is given also plain `HOST`. */
export function parseAddress(text: string, defaultPort?: number): Address {
  const match = /^(?:\[([0-9a-f:.%]+)\]|([^\s:/@[\]]+))(?::(\d{1,5}))?$/i.exec(
    text,
  );
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  if (host === undefined || port === undefined || port > 65_535)
    throw new Failure(
      "usage",
      `“${text}” is no address; write it as HOST:PORT, e.g. 192.168.1.20:47600.`,
    );
  return { host, port };
}

export function formatAddress({ host, port }: Address): string {
  return `${host.includes(":") ? `[${host}]` : host}:${String(port)}`;
}

/** Whether only programs of this machine can reach it. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\./.test(host);
}

/** A device id in either form; typing mistakes are noticed by its check characters. */
export function parseDeviceArgument(text: string): DeviceId {
  const id = parseDeviceId(text);
  if (id === null)
    throw new Failure(
      "usage",
      `“${text}” is no device id, or was mistyped; \`reelfarm id\` on that machine shows it.`,
    );
  return id;
}

export interface NumberLimits {
  readonly name: string;
  readonly min: number;
  readonly max: number;
}

export function parseWholeNumber(text: string, limits: NumberLimits): number {
  const value = /^-?\d{1,9}$/.test(text) ? Number(text) : NaN;
  return withinLimits(value, text, limits, "a whole number");
}

export function parseNumber(text: string, limits: NumberLimits): number {
  const value = /^-?\d{1,9}(\.\d{1,6})?$/.test(text) ? Number(text) : NaN;
  return withinLimits(value, text, limits, "a number");
}

function withinLimits(
  value: number,
  text: string,
  { name, min, max }: NumberLimits,
  kind: string,
): number {
  // NaN is in no range.
  if (value >= min && value <= max) return value;
  throw new Failure(
    "usage",
    `${name} takes ${kind} from ${String(min)} to ${String(max)}, not “${text}”.`,
  );
}

/** One of a few words. */
export function parseWord<Word extends string>(
  text: string,
  name: string,
  words: readonly Word[],
): Word {
  const word = words.find((candidate) => candidate === text);
  if (word !== undefined) return word;
  throw new Failure(
    "usage",
    `${name} takes ${words.join(", ")}, not “${text}”.`,
  );
}
