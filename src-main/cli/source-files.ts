import { Failure } from "../core/errors.ts";
import { searchSources } from "../ui-server/source-folders.ts";

/**
 * The media files of what was named, folders with all in them and below.
 *
 * @throws Failure `source-missing`, `usage` for a folder without media or too many files.
 */
export async function findSources(named: readonly string[]): Promise<string[]> {
  const { sources, refused } = await searchSources(named);
  const [first] = refused;
  if (first !== undefined)
    throw new Failure(first.failure.code, first.failure.detail);
  return [...sources];
}
