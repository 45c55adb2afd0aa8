import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Failure } from "../../../src-main/core/errors.ts";
import {
  DurableFile,
  type DocumentFormat,
} from "../../../src-main/store/durable-file.ts";
import { PowerCutDisk, type Survival } from "./power-cut-disk.ts";

interface Note {
  readonly text: string;
}

const path = "/home/data/note.json";
const format: DocumentFormat<Note> = {
  kind: "note",
  version: 1,
  parse: (data) => data as Note,
};
const survivals: readonly Survival[] = [
  "synced-only",
  "names-only",
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((seed) => ({ seed })),
];

const on = (disk: PowerCutDisk): DurableFile<Note> =>
  new DurableFile(disk, path, format);

async function diskWith(...texts: readonly string[]): Promise<PowerCutDisk> {
  const disk = new PowerCutDisk();
  await disk.makeFolder("/home/data");
  const file = on(disk);
  for (const text of texts) await file.write({ text });
  return disk;
}

describe("a durable file", () => {
  it("survives a power cut from the moment its write returned, the first as well as the next", async () => {
    for (const texts of [["one"], ["one", "two"], ["one", "two", "three"]]) {
      const disk = await diskWith(...texts);
      for (const survival of survivals)
        expect(
          await on(disk.after(survival)).read(),
          JSON.stringify({ texts, survival }),
        ).toEqual({ text: texts.at(-1) });
    }
  });

  it("is never read as something else with a single bit changed, wherever", async () => {
    const { length } = (await diskWith("1234")).text(path);
    expect(length).toBeGreaterThan(100);
    for (let at = 0; at < length; at++) {
      const disk = await diskWith("1234");
      disk.damage(path, (bytes) => {
        bytes[at] = (bytes[at] ?? 0) ^ 1;
        return bytes;
      });
      const read = await on(disk)
        .read()
        .catch((error: unknown) => error);
      // The size behind the checksum is there for people only.
      const fine = [{ text: "1234" }, { code: "store-damaged" }];
      expect(fine, `byte ${String(at)}`).toContainEqual(
        read instanceof Failure ? { code: read.code } : read,
      );
    }
  });

  it("leaves the old one and nothing else where the disk is full", async () => {
    const disk = await diskWith("one", "two");
    const before = disk.paths();
    for (const full of ["append", "sync"]) {
      disk.fault = (operation) => (operation === full ? "ENOSPC" : null);
      await expect(on(disk).write({ text: "three" })).rejects.toMatchObject({
        code: "disk-full",
      });
      disk.fault = () => null;
      expect(disk.paths()).toEqual(before);
      expect(await on(disk).read()).toEqual({ text: "two" });
    }
  });

  it("of a newer version is neither overwritten nor left aside for an older one", async () => {
    const newer = `{"reelfarm":"note","version":2}\n{}\n`;
    const sha256 = createHash("sha256").update(newer).digest("hex");
    const text = `${newer}${JSON.stringify({ sha256 })}\n`;
    const refused = { code: "store-newer" };
    const disk = await diskWith("one", "two");
    disk.damage(path, () => Buffer.from(text));
    await expect(on(disk).read()).rejects.toMatchObject(refused);
    await expect(on(disk).write({ text: "x" })).rejects.toMatchObject(refused);
    expect(disk.text(path)).toBe(text);
    disk.damage(`${path}.bak`, () => Buffer.from(text));
    disk.damage(path, () => Buffer.from("cut off"));
    await expect(on(disk).read()).rejects.toMatchObject(refused);
  });

  it("never becomes the backup of the next when it is damaged", async () => {
    const disk = await diskWith("one", "two");
    disk.damage(path, (bytes) => bytes.subarray(0, 20));
    await on(disk).write({ text: "three" });
    disk.lose(path);
    expect(await on(disk).read()).toEqual({ text: "one" });
    const aside = disk.paths().filter((one) => one.endsWith(".damaged"));
    expect(aside.length).toBe(1);
  });
});
