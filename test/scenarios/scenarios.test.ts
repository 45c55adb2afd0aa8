import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { replay } from "./script.ts";

const folder = new URL(".", import.meta.url);

for (const name of readdirSync(folder).filter((file) => file.endsWith(".txt")))
  test(
    readFileSync(new URL(name, folder), "utf8")
      .split("\n")[0]!
      .replace(/^# /, ""),
    () => {
      const text = readFileSync(new URL(name, folder), "utf8");
      const now = replay(text);
      // REELFARM_REWRITE_SCENARIOS=1 takes the answers of today; read the difference before keeping it.
      if (process.env["REELFARM_REWRITE_SCENARIOS"])
        writeFileSync(new URL(name, folder), now);
      else expect(now).toBe(text);
    },
  );
