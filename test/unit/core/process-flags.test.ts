import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { nodeFlags } from "../../../src-main/core/process-flags.ts";

it("the command's first line and the scripts start Node with the same flags", () => {
  const read = (file: string): string =>
    readFileSync(new URL(`../../../${file}`, import.meta.url), "utf8");
  const flags = nodeFlags.join(" ");
  expect(read("src-main/cli.ts").split("\n")[0]).toBe(
    `#!/usr/bin/env -S node ${flags}`,
  );
  const { scripts } = JSON.parse(read("package.json")) as {
    scripts: Record<string, string>;
  };
  for (const name of ["demo", "farm"])
    expect(scripts[name]).toContain(`node ${flags} dist/main/cli.js`);
});
