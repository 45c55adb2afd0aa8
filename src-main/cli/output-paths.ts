/** Where the outputs of `encode` go. Pure: it is told what is a folder. */
import path from "node:path";
import { Failure } from "../core/errors.ts";
import { containerOfFileName } from "../core/output-container.ts";
import type { Container } from "../core/recipe.ts";

export interface OutputPath {
  readonly source: string;
  readonly output: string;
}

export interface OutputQuestion {
  /** Absolute. */
  readonly sources: readonly string[];
  /** Absolute, as typed otherwise: an ending separator says that it is a folder. */
  readonly output: string;
  readonly outputIsFolder: boolean;
  /** The preset's, for names that do not choose one themselves. */
  readonly container: Container;
}

/**
 * One output for each source. A folder takes the sources' names with the
 * preset's ending; a file name stands for itself and may choose the container
 * by its ending.
 *
 * @throws Failure `usage` or `output-is-source`.
 */
export function planOutputs(question: OutputQuestion): OutputPath[] {
  const { sources, output, container } = question;
  const [first] = sources;
  const isFolder =
    question.outputIsFolder || /[/\\]$/.test(output) || sources.length > 1;
  if (isFolder && !question.outputIsFolder && containerOfFileName(output))
    throw new Failure(
      "usage",
      `Several inputs cannot go into the one file ${output}; name a folder.`,
    );
  const planned =
    isFolder || first === undefined
      ? sources.map((source) => ({
          source,
          output: path.join(output, `${stem(source)}.${container}`),
        }))
      : [{ source: first, output: withEnding(output, container) }];
  refuseClashes(planned);
  return planned;
}

function stem(source: string): string {
  return path.basename(source, path.extname(source));
}

/** A name without an ending gets the preset's; one with a foreign ending is a mistake. */
function withEnding(output: string, container: Container): string {
  const ending = path.extname(output);
  if (ending === "") return `${output}.${container}`;
  if (containerOfFileName(output) === null)
    throw new Failure(
      "usage",
      `Nothing can be made for the ending ${ending}; this preset makes .${container} files.`,
    );
  return output;
}

function refuseClashes(planned: readonly OutputPath[]): void {
  const takenBy = new Map<string, string>();
  for (const { source, output } of planned) {
    const other = takenBy.get(output);
    if (other !== undefined)
      throw new Failure(
        "usage",
        `${other} and ${source} would both become ${output}; encode them into different folders.`,
      );
    takenBy.set(output, source);
  }
  for (const { source, output } of planned)
    if (source === output || takenBy.has(source))
      throw new Failure("output-is-source", output);
}
