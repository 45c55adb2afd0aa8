import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { folderCycles, violationsIn } from "./source-rules.ts";
import type { SourceFile } from "./source-rules.ts";

const top = new URL("../../", import.meta.url);

function sources(): SourceFile[] {
  return readdirSync(new URL("src-main", top), {
    recursive: true,
    encoding: "utf8",
  })
    .map((name) => `src-main/${name.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(".ts"))
    .map((path) => ({ path, text: readFileSync(new URL(path, top), "utf8") }));
}

describe("the sources", () => {
  const files = sources();

  it("are found", () => {
    expect(files.length).toBeGreaterThan(20);
  });

  it("keep the rules", () => {
    expect(files.flatMap(violationsIn)).toEqual([]);
  });

  it("have no import cycles between folders", () => {
    expect(folderCycles(files)).toEqual([]);
  });
});

describe("the rules", () => {
  const check = (path: string, text: string) => violationsIn({ path, text });

  it.each([
    [
      "core importing protocol",
      "src-main/core/a.ts",
      'import "../protocol/b.ts";',
      /may not import/,
    ],
    [
      "core importing node",
      "src-main/core/a.ts",
      'import "node:fs";',
      /may not import node:fs/,
    ],
    [
      "core importing a package",
      "src-main/core/a.ts",
      'import { z } from "zod";',
      /may not import zod/,
    ],
    [
      "core loading dynamically",
      "src-main/core/a.ts",
      'await import("zod");',
      /may not import zod/,
    ],
    [
      "core passing on",
      "src-main/core/a.ts",
      'export * from "zod";',
      /may not import zod/,
    ],
    [
      "media importing net",
      "src-main/media/a.ts",
      'import type { X } from "../net/b.ts";',
      /may not import/,
    ],
    [
      "master importing a package",
      "src-main/master/a.ts",
      'import "ws";',
      /may not import ws/,
    ],
    [
      "a name that only begins like a package",
      "src-main/protocol/a.ts",
      'import "zodiac";',
      /zodiac/,
    ],
    [
      "anything importing the tests",
      "src-main/net/a.ts",
      'import "../../test/b.ts";',
      /may not import/,
    ],
    [
      "an import without its ending",
      "src-main/net/a.ts",
      'import "./b";',
      /ending/,
    ],
    ["an unknown folder", "src-main/misfit/a.ts", "", /in no rule/],
    [
      "a clock in core",
      "src-main/core/a.ts",
      "const now = Date.now();",
      /uses Date/,
    ],
    [
      "a new date in core",
      "src-main/core/a.ts",
      "const now = new Date();",
      /uses Date/,
    ],
    [
      "performance in core",
      "src-main/core/a.ts",
      "performance.now();",
      /uses performance/,
    ],
    ["chance in core", "src-main/core/a.ts", "Math.random();", /Math\.random/],
    [
      "a timer in core",
      "src-main/core/a.ts",
      "setTimeout(() => {}, 1);",
      /uses setTimeout/,
    ],
    ["talk in core", "src-main/core/a.ts", 'console.log("x");', /uses console/],
    [
      "process in core",
      "src-main/core/a.ts",
      "const { env } = process;",
      /uses process/,
    ],
    [
      "a long function",
      "src-main/net/a.ts",
      `function f() {\n${"g();\n".repeat(70)}}`,
      /72 lines/,
    ],
    [
      "a long arrow function",
      "src-main/net/a.ts",
      `const f = () => {\n${"g();\n".repeat(70)}};`,
      /72 lines/,
    ],
    ["utils", "src-main/net/socket-utils.ts", "", /says nothing/],
    ["a manager", "src-main/net/manager.ts", "", /says nothing/],
    ["a helper among the tests", "test/unit/helper.ts", "", /says nothing/],
    ["camel case", "src-main/net/dataSocket.ts", "", /kebab/],
    [
      "a function without a word",
      "src-main/core/a.ts",
      "/** File. */\nconst a = 1;\nexport function f() {}",
      /without a word/,
    ],
    [
      "a constant without a word",
      "src-main/core/a.ts",
      "export const a = 1;",
      /without a word/,
    ],
  ])("notice %s", (_, path, text, reason) => {
    expect(check(path, text).join("\n")).toMatch(reason);
  });

  it.each([
    [
      "core importing core",
      "src-main/core/a.ts",
      'import "./b.ts"; import "./scheduler/c.ts";',
    ],
    [
      "core in a deeper folder",
      "src-main/core/scheduler/a.ts",
      'import "../b.ts";',
    ],
    [
      "master importing media",
      "src-main/master/a.ts",
      'import "../media/b.ts"; import "node:fs";',
    ],
    [
      "a part of a package",
      "src-main/net/a.ts",
      'import "@noble/curves/ed25519.js";',
    ],
    [
      "words that only look like globals",
      "src-main/core/a.ts",
      "const a = { process: 1, Date: 2 }; a.process; interface B { console: string }",
    ],
    [
      "seventy lines",
      "src-main/net/a.ts",
      `function f() {\n${"g();\n".repeat(68)}}`,
    ],
    [
      "comments and blank lines",
      "src-main/net/a.ts",
      `function f() {\n${"// why\n\n".repeat(70)}}`,
    ],
    [
      "documented exports",
      "src-main/core/a.ts",
      "/** What it is. */\nexport function f() {}",
    ],
    [
      "types under a file's header",
      "src-main/core/a.ts",
      '/** All about A. */\nimport "./b.ts";\nexport interface A { x: 1 }',
    ],
  ])("allow %s", (_, path, text) => {
    expect(check(path, text)).toEqual([]);
  });

  it("notice cycles between folders, each once", () => {
    const file = (path: string, imported: string): SourceFile => ({
      path,
      text: `import "${imported}";`,
    });
    expect(
      folderCycles([
        file("src-main/a/1.ts", "../b/1.ts"),
        file("src-main/b/1.ts", "../c/1.ts"),
        file("src-main/c/1.ts", "../a/1.ts"),
        file("src-main/d/1.ts", "../a/1.ts"),
      ]),
    ).toEqual(["a -> b -> c -> a"]);
    expect(folderCycles([file("src-main/a/1.ts", "../b/1.ts")])).toEqual([]);
  });
});
