import { Failure } from "../core/errors.ts";
import {
  defaultConfig,
  type SchedulerConfig,
} from "../core/scheduler/config.ts";

/**
 * Changes to the scheduler's numbers, as JSON: `{"stealing":false}`.
 *
 * @throws Failure `usage` for anything that is not a member of its kind.
 */
export function parseSchedulerChanges(text: string): Partial<SchedulerConfig> {
  const changes = readObject(text);
  const known: Readonly<Record<string, unknown>> = { ...defaultConfig };
  for (const [name, value] of Object.entries(changes))
    if (typeof known[name] !== typeof value)
      throw new Failure("usage", `--scheduler knows no ${name} like that.`);
  return changes;
}

function readObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return { ...value };
  } catch {
    // Told below.
  }
  throw new Failure("usage", "--scheduler takes a JSON object.");
}
