import { constants, copyFile, open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

import { Failure } from "../core/errors.ts";
import { FlatAudio } from "../core/flat-audio.ts";
import {
  characters,
  maxBoxHeaderBytes,
  readBoxHeader,
} from "../core/mp4-boxes.ts";
import { maxTableBytes, readAt } from "./carrier-file.ts";

/**
 * Copies the audio task's result to `file` (shared blocks where the file system
 * can) and gives the copy a plain index. Returns when each track starts, seconds
 * of wire time; in the copy every track starts at zero. Throws
 * `Failure("result-invalid")`.
 */
export async function writeFlatAudio(
  audioFile: string,
  file: string,
): Promise<readonly (number | null)[]> {
  await copyFile(audioFile, file, constants.COPYFILE_FICLONE);
  const handle = await open(file, "r+");
  try {
    return await replaceIndex(handle);
  } finally {
    await handle.close();
  }
}

/** Old tables become `free` boxes, so that nothing but the new index at the end is found. */
async function replaceIndex(
  handle: FileHandle,
): Promise<readonly (number | null)[]> {
  const { size } = await handle.stat();
  let audio: FlatAudio | null = null;
  for (let at = 0; at < size;) {
    const start = await readAt(
      handle,
      at,
      Math.min(maxBoxHeaderBytes, size - at),
    );
    const header = readBoxHeader(start);
    if (header === null || at + header.headerBytes + header.bodyBytes > size)
      throw new Failure("result-invalid", "the audio is cut off");
    const { type, headerBytes, bodyBytes } = header;
    if (type === "moov" || type === "moof") {
      if (bodyBytes > maxTableBytes)
        throw new Failure("result-invalid", "a table is too large");
      const body = await readAt(handle, at + headerBytes, bodyBytes);
      if (type === "moov") audio = new FlatAudio(body);
      else audio?.addFragment(body, at);
    }
    if (type !== "ftyp" && type !== "mdat")
      await handle.write(characters("free"), 0, 4, at + 4);
    at += headerBytes + bodyBytes;
  }
  if (audio === null)
    throw new Failure("result-invalid", "the audio has no header");
  await handle.write(audio.header(), 0, null, size);
  return audio.startsS();
}
