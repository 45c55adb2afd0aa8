import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { appVersion } from "../../../src-main/protocol/app-version.ts";

test("the program calls itself what package.json calls it", () => {
  const url = new URL("../../../package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(url, "utf8")) as {
    version: string;
  };
  expect(appVersion).toBe(version);
});
