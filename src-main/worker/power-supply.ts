import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Where Linux tells of batteries and chargers (Documentation/ABI/testing/sysfs-class-power). */
const linuxFolder = "/sys/class/power_supply";

/**
 * Whether this machine runs on mains, as Linux tells. A machine without a
 * battery does; null where the system does not tell (other systems ask the
 * desktop shell).
 */
export async function readIsOnMains(
  folder: string = linuxFolder,
): Promise<boolean | null> {
  const names = await readdir(folder).catch(() => null);
  if (names === null) return null;
  let hasBattery = false;
  let isDischarging = false;
  for (const name of names) {
    const read = (file: string): Promise<string> =>
      readFile(join(folder, name, file), "utf8").then(
        (text) => text.trim(),
        () => "",
      );
    const type = await read("type");
    // Batteries of mice and headsets say "Device".
    if (type === "Battery" && (await read("scope")) !== "Device") {
      hasBattery = true;
      isDischarging ||= (await read("status")) === "Discharging";
    } else if (type === "Mains" && (await read("online")) === "1") return true;
  }
  return !hasBattery || !isDischarging;
}
