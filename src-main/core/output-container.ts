import { Failure } from "./errors.ts";
import { recipeProblem } from "./recipe-check.ts";
import { containers, type Container, type Recipe } from "./recipe.ts";

/** Other endings people give the same containers. */
const otherEndings: Readonly<Record<string, Container>> = {
  m4v: "mp4",
  qt: "mov",
  opus: "ogg",
  oga: "ogg",
};

/** The container a file name's ending stands for; null: it has none we can make. */
export function containerOfFileName(fileName: string): Container | null {
  const ending = /[^/\\]\.([^./\\]+)$/.exec(fileName)?.[1]?.toLowerCase();
  if (ending === undefined) return null;
  return (
    containers.find((container) => container === ending) ??
    otherEndings[ending] ??
    null
  );
}

/**
 * The recipe in the container that the output's name asks for.
 *
 * @throws Failure `container-cannot-hold` when that container cannot hold what
 * the recipe makes, or when the ending stands for no container.
 */
export function recipeForFileName(recipe: Recipe, fileName: string): Recipe {
  const container = containerOfFileName(fileName);
  if (container === null)
    throw new Failure(
      "container-cannot-hold",
      `the ending of ${fileName} is none of ${containers.join(", ")}`,
    );
  if (container === recipe.container) return recipe;
  const fastStart = recipe.fastStart || container === "mp4";
  const changed: Recipe = { ...recipe, container, fastStart };
  const problem = recipeProblem(changed);
  if (problem) throw new Failure(problem.code, problem.reason);
  return changed;
}
