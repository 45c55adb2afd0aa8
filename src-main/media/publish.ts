/**
 * The way of an output to its final name: checked before work starts, written
 * under a hidden name in the same folder, and moved in one step once verified.
 * Nobody ever sees half a file, and nothing that exists is replaced unasked.
 */
import { randomBytes } from "node:crypto";
import {
  link,
  open,
  readdir,
  realpath,
  rename,
  stat,
  unlink,
} from "node:fs/promises";
import path from "node:path";

import { Failure } from "../core/errors.ts";

const leftoverPattern = /^\..*\.reelfarm-[0-9a-f]{12}\.part$/;

/** File systems allow 255 bytes; what is added takes 30. */
const maxNameBytes = 200;

export interface OutputRules {
  /** Whether an existing file may be replaced. */
  readonly overwrite: boolean;
}

/**
 * Checks that an output can be written there later. Throws `Failure`:
 * `output-exists`, `output-is-source`, `output-not-writable` (folder missing,
 * no permission, a folder of that name).
 */
export async function reserveOutput(
  outputPath: string,
  rules: OutputRules & { readonly sourcePath?: string },
): Promise<void> {
  const { overwrite, sourcePath } = rules;
  if (sourcePath !== undefined && (await isSameFile(outputPath, sourcePath)))
    throw new Failure("output-is-source", outputPath);
  const existing = await stat(outputPath).catch(() => null);
  if (existing !== null && !existing.isFile())
    throw new Failure("output-not-writable", outputPath);
  if (existing !== null && !overwrite)
    throw new Failure("output-exists", outputPath);
  await proveWritable(outputPath);
}

/** A fresh hidden name beside the output, for the file in work. */
export function temporaryOutput(outputPath: string): string {
  const name = Buffer.from(path.basename(outputPath))
    .subarray(0, maxNameBytes)
    .toString("utf8")
    // A character cut in half at the end.
    .replace(/\uFFFD$/, "");
  const mark = randomBytes(6).toString("hex");
  return path.join(path.dirname(outputPath), `.${name}.reelfarm-${mark}.part`);
}

/**
 * Makes a finished file durable and gives it its name, in one step. Without
 * `overwrite` a file that came to be there in the meantime stays as it is.
 * Throws `Failure`: `output-exists`, `output-not-writable`, `disk-full`; the
 * temporary file is then still there.
 */
export async function publishOutput(
  temporaryPath: string,
  outputPath: string,
  rules: OutputRules,
): Promise<void> {
  try {
    await sync(temporaryPath);
    if (rules.overwrite) await rename(temporaryPath, outputPath);
    else await moveWithoutReplacing(temporaryPath, outputPath);
  } catch (error) {
    throw asFailure(error, outputPath);
  }
  // The file is in place; some file systems cannot sync a folder.
  await sync(path.dirname(outputPath)).catch(() => undefined);
}

/** Removes a file in work; harmless when it is gone. */
export async function discardOutput(temporaryPath: string): Promise<void> {
  await unlink(temporaryPath).catch(() => undefined);
}

/** Removes what crashed runs left of this output. Gives back how many files. */
export async function removeLeftovers(outputPath: string): Promise<number> {
  const folder = path.dirname(outputPath);
  const own = path
    .basename(temporaryOutput(outputPath))
    .replace(/[0-9a-f]{12}\.part$/, "");
  const names = await readdir(folder).catch(() => []);
  const leftovers = names.filter(
    (name) => leftoverPattern.test(name) && name.startsWith(own),
  );
  for (const name of leftovers) await discardOutput(path.join(folder, name));
  return leftovers.length;
}

/** A hard link fails where the name is taken: the only move that cannot replace. */
async function moveWithoutReplacing(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    // FAT, exFAT and some network drives have no links: claim the name, then replace our own claim.
    if (
      !["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(
        codeOf(error),
      )
    )
      throw error;
    await (await open(to, "wx")).close();
    await rename(from, to);
    return;
  }
  await unlink(from);
}

async function proveWritable(outputPath: string): Promise<void> {
  const probe = temporaryOutput(outputPath);
  try {
    await (await open(probe, "wx")).close();
    await unlink(probe);
  } catch (error) {
    throw asFailure(error, outputPath);
  }
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all(
    [one, other].map((file) => stat(file, { bigint: true }).catch(() => null)),
  );
  if (a && b && a.ino !== 0n && a.ino === b.ino && a.dev === b.dev) return true;
  const [realOne, realOther] = await Promise.all(
    [one, other].map((file) => realpath(file).catch(() => path.resolve(file))),
  );
  return realOne === realOther;
}

async function sync(target: string): Promise<void> {
  const handle = await open(target, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function asFailure(cause: unknown, outputPath: string): Failure {
  if (cause instanceof Failure) return cause;
  const code = codeOf(cause);
  if (code === "EEXIST")
    return new Failure("output-exists", outputPath, { cause });
  if (code === "ENOSPC" || code === "EDQUOT")
    return new Failure("disk-full", path.dirname(outputPath), { cause });
  return new Failure("output-not-writable", outputPath, { cause });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
