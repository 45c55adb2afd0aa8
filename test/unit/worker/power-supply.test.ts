import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readIsOnMains } from "../../../src-main/worker/power-supply.ts";

describe("mains or battery, as Linux tells", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "reelfarm-power-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function supply(
    name: string,
    files: Record<string, string>,
  ): Promise<void> {
    await mkdir(join(folder, name));
    for (const [file, text] of Object.entries(files))
      await writeFile(join(folder, name, file), `${text}\n`);
  }

  it("is mains where there is no battery", async () => {
    expect(await readIsOnMains(folder)).toBe(true);
  });

  it("is battery while one discharges and no charger is in", async () => {
    await supply("AC", { type: "Mains", online: "0" });
    await supply("BAT0", { type: "Battery", status: "Discharging" });
    expect(await readIsOnMains(folder)).toBe(false);
  });

  it("is mains with the charger in, even when the battery gives", async () => {
    await supply("BAT0", { type: "Battery", status: "Discharging" });
    await supply("AC", { type: "Mains", online: "1" });
    expect(await readIsOnMains(folder)).toBe(true);
  });

  it("does not mind the battery of a mouse", async () => {
    await supply("hidpp_battery_0", {
      type: "Battery",
      scope: "Device",
      status: "Discharging",
    });
    expect(await readIsOnMains(folder)).toBe(true);
  });

  it("knows nothing where the system does not tell", async () => {
    expect(await readIsOnMains(join(folder, "none"))).toBeNull();
  });
});
