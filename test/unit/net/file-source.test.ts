import { appendFile, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openFileSource } from "../../../src-main/net/file-source.ts";
import { framePayloadMaxBytes } from "../../../src-main/protocol/data-frames.ts";

describe("the bytes of a file", () => {
  let folder = "";
  let file = "";

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "file-source-"));
    file = path.join(folder, "file");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const piecesOf = async (
    source: AsyncIterable<unknown>,
  ): Promise<Buffer[]> => {
    const pieces: Buffer[] = [];
    for await (const piece of source) pieces.push(piece as Buffer);
    return pieces;
  };

  it("come in pieces of a frame, from the offset on", async () => {
    const bytes = Buffer.alloc(2 * framePayloadMaxBytes + 100, "abcdefg");
    await writeFile(file, bytes);
    const pieces = await piecesOf(openFileSource(file, 50));
    expect(pieces.map(({ length }) => length)).toEqual([
      ...[framePayloadMaxBytes, framePayloadMaxBytes, 50],
    ]);
    expect(Buffer.concat(pieces).equals(bytes.subarray(50))).toBe(true);
  });

  it("take no more memory than they are long, however often a growing file is looked at", async () => {
    await writeFile(file, "begin ");
    let finish = (): void => undefined;
    const follow = new Promise<void>((resolve) => (finish = resolve));
    const source = openFileSource(file, 0, follow);
    const pieces: Buffer[] = [];
    for await (const piece of source) {
      pieces.push(piece as Buffer);
      if (pieces.length > 1) continue;
      await appendFile(file, "end");
      finish();
    }
    expect(String(Buffer.concat(pieces))).toBe("begin end");
    for (const piece of pieces)
      expect(piece.buffer.byteLength).toBe(piece.length);
  });

  it("end with an error when a followed file fails", async () => {
    await writeFile(file, "begin ");
    const follow = Promise.reject(new Error("broken"));
    await expect(
      piecesOf(openFileSource(file, 0, follow)),
    ).rejects.toMatchObject({ code: "source-unreadable" });
  });

  it("end with an error when the file became shorter", async () => {
    await writeFile(file, Buffer.alloc(3 * framePayloadMaxBytes));
    const source = openFileSource(file, 0);
    await expect(
      (async () => {
        for await (const piece of source)
          if ((piece as Buffer).length > 0)
            await truncate(file, framePayloadMaxBytes);
      })(),
    ).rejects.toMatchObject({ code: "source-changed" });
  });
});
