/**
 * Stored shapes, from the first version on. Whoever changes one raises
 * `storeVersion` and adds here what turns the old shape into the new one; a
 * store from a later version is refused untouched (`store-newer`).
 */
import {
  indexDocumentSchema,
  jobDocumentSchema,
  journalEntrySchema,
  storeVersion,
} from "../protocol/stored-documents.ts";
import type {
  IndexDocument,
  JobDocument,
  JournalEntry,
} from "../protocol/stored-documents.ts";
import { defaultSettings, type Settings } from "../protocol/settings.ts";
import type { DocumentFormat } from "./durable-file.ts";
import { entryFromVersion1, indexFromVersion1 } from "./version-1.ts";
import { entryFromVersion2, indexFromVersion2 } from "./version-2.ts";

/** Brings the three shapes from `version` to `version + 1`; left out: unchanged. */
export interface Migration {
  readonly version: number;
  readonly index?: (data: unknown) => unknown;
  readonly job?: (data: unknown) => unknown;
  /** Is told the settings as they stand before the line, brought up to date. */
  readonly entry?: (data: unknown, settings: Settings) => unknown;
}

const migrations: readonly Migration[] = [
  { version: 1, index: indexFromVersion1, entry: entryFromVersion1 },
  { version: 2, index: indexFromVersion2, entry: entryFromVersion2 },
];

/** The version in force and the way to it; tests pass one of their own. */
export interface StoreSchema {
  readonly version: number;
  readonly migrations: readonly Migration[];
}

export const currentSchema: StoreSchema = { version: storeVersion, migrations };

/** The document of settings and queue; large, so it is written in pieces. */
export function indexFormat(
  schema: StoreSchema,
): DocumentFormat<IndexDocument> {
  return {
    kind: "node",
    version: schema.version,
    parse: (data, version) =>
      indexDocumentSchema.parse(upgrade(schema, "index", data, version)),
    pieces: indexPieces,
  };
}

export function jobFormat(schema: StoreSchema): DocumentFormat<JobDocument> {
  return {
    kind: "job",
    version: schema.version,
    parse: (data, version) =>
      jobDocumentSchema.parse(upgrade(schema, "job", data, version)),
  };
}

/** Throws when the line is not a change this version knows. */
export function parseEntry(
  schema: StoreSchema,
  json: string,
  version: number,
  settings: Settings,
): JournalEntry {
  const data: unknown = upgrade(
    schema,
    "entry",
    JSON.parse(json),
    version,
    settings,
  );
  return journalEntrySchema.parse(data) as JournalEntry;
}

function upgrade(
  schema: StoreSchema,
  shape: "index" | "job" | "entry",
  data: unknown,
  from: number,
  settings: Settings = defaultSettings,
): unknown {
  let upgraded = data;
  for (let version = from; version < schema.version; version++) {
    const migration = schema.migrations.find((one) => one.version === version);
    if (!migration) throw new Error(`bug: no migration from ${version}`);
    upgraded = migration[shape]?.(upgraded, settings) ?? upgraded;
  }
  return upgraded;
}

/** One job at a time, so that 10,000 of them never block the event loop. */
function* indexPieces(index: IndexDocument): Generator<string, void> {
  const { jobs, ...rest } = index;
  yield `${JSON.stringify(rest).slice(0, -1)},"jobs":[`;
  for (const [at, { born, summary, job }] of jobs.entries())
    yield (at === 0 ? "" : ",") + JSON.stringify({ born, summary, job });
  yield "]}";
}
