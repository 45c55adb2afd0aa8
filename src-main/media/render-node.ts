import { readdirSync } from "node:fs";

const folder = "/dev/dri";

/** The first graphics chip that can be used without a screen (Linux); null: none. */
export function renderNode(): string | null {
  if (process.platform !== "linux") return null;
  try {
    const name = readdirSync(folder)
      .filter((entry) => /^renderD\d+$/.test(entry))
      .sort()[0];
    return name === undefined ? null : `${folder}/${name}`;
  } catch {
    return null;
  }
}
