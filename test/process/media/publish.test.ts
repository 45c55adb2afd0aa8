import {
  link,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  publishOutput,
  removeLeftovers,
  reserveOutput,
  temporaryOutput,
} from "../../../src-main/media/publish.ts";

let folder: string;
const at = (name: string): string => path.join(folder, name);

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "reelfarm-publish-"));
  await writeFile(at("source.mkv"), "source");
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

describe("reserving", () => {
  test("what cannot be written is refused before any work", async () => {
    await writeFile(at("there.mp4"), "old");
    await mkdir(at("folder.mp4"));
    const codeOf = (name: string, overwrite = false) =>
      reserveOutput(at(name), { overwrite, sourcePath: at("source.mkv") }).then(
        () => "fine",
        (error: { code: string }) => error.code,
      );
    expect(await codeOf("new.mp4")).toBe("fine");
    expect(await codeOf("there.mp4")).toBe("output-exists");
    expect(await codeOf("there.mp4", true)).toBe("fine");
    expect(await codeOf("folder.mp4", true)).toBe("output-not-writable");
    expect(await codeOf("missing/new.mp4")).toBe("output-not-writable");
    expect(await codeOf("source.mkv", true)).toBe("output-is-source");
    await link(at("source.mkv"), at("same.mkv"));
    await symlink(at("source.mkv"), at("linked.mkv"));
    expect(await codeOf("same.mkv", true)).toBe("output-is-source");
    expect(await codeOf("linked.mkv", true)).toBe("output-is-source");
    expect(await readdir(folder)).toHaveLength(5);
  });
});

describe("publishing", () => {
  test("replaces nothing unasked", async () => {
    const part = temporaryOutput(at("out.mp4"));
    await writeFile(part, "new");
    await writeFile(at("out.mp4"), "old");
    await expect(
      publishOutput(part, at("out.mp4"), { overwrite: false }),
    ).rejects.toMatchObject({ code: "output-exists" });
    expect(await readFile(at("out.mp4"), "utf8")).toBe("old");
    await publishOutput(part, at("out.mp4"), { overwrite: true });
    expect(await readFile(at("out.mp4"), "utf8")).toBe("new");
    expect(await removeLeftovers(at("out.mp4"))).toBe(0);
  });

  test("the hidden name goes when the real one comes", async () => {
    const part = temporaryOutput(at("out.mp4"));
    await writeFile(part, "new");
    await publishOutput(part, at("out.mp4"), { overwrite: false });
    expect((await readdir(folder)).sort()).toEqual(["out.mp4", "source.mkv"]);
  });

  test("leftovers of one output are found, others stay", async () => {
    await writeFile(temporaryOutput(at("out.mp4")), "");
    await writeFile(temporaryOutput(at("other.mp4")), "");
    expect(await removeLeftovers(at("out.mp4"))).toBe(1);
    expect(await readdir(folder)).toHaveLength(2);
  });

  test("a long name stays within what file systems allow", () => {
    const name = path.basename(temporaryOutput(at(`${"ü".repeat(125)}.mp4`)));
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
  });
});
