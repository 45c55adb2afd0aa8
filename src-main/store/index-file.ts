import { Low } from "lowdb";
import { Failure } from "../core/errors.ts";
import {
  defaultSettings,
  settingsSchema,
  type Settings,
} from "../protocol/settings.ts";
import type { IndexDocument } from "../protocol/stored-documents.ts";
import { documentPath, DurableFile } from "./durable-file.ts";
import { listIfThere, type FileSystem } from "./file-system.ts";
import { jobDocumentsFolder } from "./job-documents.ts";
import { indexFormat, type StoreSchema } from "./migrations.ts";

/** The document of settings and queue, and how it lies on the disk. */
export type IndexFile = Low<IndexDocument> & {
  readonly adapter: DurableFile<IndexDocument>;
};

/**
 * Opens the index, made when the folder is new, and written at once in the shape of
 * this version when it was of an older one, so that an older program refuses
 * the store before it reads anything else of it. Errors: `store-damaged`,
 * `store-newer`, `disk-full`, `store-unwritable`.
 */
export async function openIndexFile(
  files: FileSystem,
  folder: string,
  schema: StoreSchema,
  initialSettings: Partial<Settings> = {},
): Promise<IndexFile> {
  const format = indexFormat(schema);
  const file = new DurableFile(files, indexPath(folder), format);
  const settings = settingsSchema.parse({
    ...defaultSettings,
    ...initialSettings,
  });
  const fresh = { sequence: 0, settings, attempts: [], jobs: [] };
  const index: IndexFile = Object.assign(new Low<IndexDocument>(file, fresh), {
    adapter: file,
  });
  await index.read();
  if (file.version === null) await assertNothingStored(files, folder);
  if (file.version !== schema.version) await index.write();
  return index;
}

/** Where the document of settings and queue lies. */
export const indexPath = (folder: string): string =>
  documentPath(folder, "node");

async function assertNothingStored(
  files: FileSystem,
  folder: string,
): Promise<void> {
  // Other files of the node lie in this folder, too.
  const beside = await listIfThere(files, folder);
  const documents = await listIfThere(files, jobDocumentsFolder(folder));
  const isLeft =
    beside.some(({ name }) => name.startsWith("journal-")) ||
    documents.some(({ name }) => name.endsWith(".json"));
  if (isLeft) throw new Failure("store-damaged", "the list of jobs is missing");
}
