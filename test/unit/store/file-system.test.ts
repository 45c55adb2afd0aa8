import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { diskFileSystem } from "../../../src-main/store/file-system.ts";

let folder = "";
/** What every open file does, for tests to listen in on. */
let handles: fs.FileHandle;
beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), "reelfarm-disk-"));
  const handle = await fs.open(folder, "r");
  handles = Object.getPrototypeOf(handle) as fs.FileHandle;
  await handle.close();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await fs.rm(folder, { recursive: true });
});

describe("the real disk", () => {
  it("is asked to keep what was written, and the names in a folder", async () => {
    const contents = vi.spyOn(handles, "datasync");
    const names = vi.spyOn(handles, "sync");
    const file = await diskFileSystem.open(join(folder, "one"), "new");
    await file.append(Buffer.from("text"));
    expect(contents).not.toHaveBeenCalled();
    await file.sync();
    expect(contents).toHaveBeenCalledOnce();
    await file.close();
    if (process.platform === "win32") return;
    await diskFileSystem.syncFolder(folder);
    expect(names).toHaveBeenCalledOnce();
    names.mockClear();
    await diskFileSystem.makeFolder(join(folder, "a", "b"));
    expect(names.mock.calls.length).toBeGreaterThanOrEqual(2);
    names.mockClear();
    await diskFileSystem.makeFolder(join(folder, "a", "b"));
    expect(names).not.toHaveBeenCalled();
  });

  it("gets all of what it takes in pieces", async () => {
    const whole = handles.write as (
      data: Uint8Array,
      offset: number,
      length: number,
    ) => Promise<{ bytesWritten: number; buffer: Uint8Array }>;
    vi.spyOn(handles, "write").mockImplementation(function (
      this: fs.FileHandle,
      ...[data, offset]: readonly unknown[]
    ) {
      const bytes = data as Uint8Array;
      const from = offset as number;
      const length = Math.ceil((bytes.byteLength - from) / 2);
      return whole.call(this, bytes, from, length);
    } as typeof handles.write);
    const path = join(folder, "one");
    const file = await diskFileSystem.open(path, "new");
    await file.append(Buffer.from("a longer text"));
    await file.append(Buffer.from(", and more"));
    await file.close();
    expect(await fs.readFile(path, "utf8")).toBe("a longer text, and more");
  });

  it("keeps files and folders for this user", async () => {
    if (process.platform === "win32") return;
    await (await diskFileSystem.open(join(folder, "one"), "new")).close();
    await diskFileSystem.makeFolder(join(folder, "two"));
    const modeOf = async (name: string): Promise<number> =>
      (await fs.stat(join(folder, name))).mode & 0o777;
    expect(await modeOf("one")).toBe(0o600);
    expect(await modeOf("two")).toBe(0o700);
  });
});
