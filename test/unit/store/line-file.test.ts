import { expect, it } from "vitest";
import {
  LineFile,
  type LineFormat,
} from "../../../src-main/store/line-file.ts";
import { PowerCutDisk } from "./power-cut-disk.ts";

const format: LineFormat<string, number> = {
  kind: "numbers",
  version: 1,
  emptyHeader: "",
  parseHeader: String,
  parseEntry: Number,
};
const fileOn = (disk: PowerCutDisk): LineFile<string, number> =>
  new LineFile(disk, "/home/data/numbers.jsonl", format);

it("lines survive a power cut from the moment they were taken", async () => {
  const disk = new PowerCutDisk();
  await disk.makeFolder("/home/data");
  const file = fileOn(disk);
  await file.read();
  const entries: number[] = [];
  const isKept = async (): Promise<void> => {
    for (const survival of ["synced-only", "names-only", { seed: 1 }] as const)
      expect(await fileOn(disk.after(survival)).read()).toEqual({
        header: "head",
        entries,
      });
  };
  for (const entry of [1, 2, 3]) {
    entries.push(entry);
    await file.append(entry, () => ({ header: "head", entries }));
    await isKept();
  }
  entries.splice(0, 2);
  await file.rewrite("head", entries);
  await isKept();
});
