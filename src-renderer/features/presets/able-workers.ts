/** Which workers can do what a recipe asks of them. */
import type { Recipe } from "../../../src-main/core/recipe.ts";
import type { UiWorker } from "../../../src-main/protocol/ui-contract.ts";

export interface RecipeNeeds {
  /** Capability keys of every job. */
  readonly always: readonly string[];
  /** Only of jobs whose source calls for them: HDR, sound that cannot be copied. */
  readonly sometimes: readonly string[];
}

/** As the master asks for them once it knows the source. */
export function recipeNeeds({ video, audio }: Recipe): RecipeNeeds {
  const always: string[] = [];
  const sometimes: string[] = [];
  if (video.kind === "encode") {
    always.push(`encoder:${video.encoder}`);
    if (video.filters.tonemap !== "off") sometimes.push("filter:zscale");
    if (video.filters.burnSubtitle !== null) always.push("filter:subtitles");
  }
  // Beside a picture one worker is enough for the sound.
  if (audio.kind === "encode")
    (video.kind === "encode" ? sometimes : always).push(
      `audio:${audio.encoder}`,
    );
  return { always, sometimes };
}

export interface Ability {
  readonly able: readonly UiWorker[];
  readonly unable: readonly {
    readonly worker: UiWorker;
    readonly missing: readonly string[];
  }[];
  /** Able, but not for every source. */
  readonly limited: readonly {
    readonly worker: UiWorker;
    readonly missing: readonly string[];
  }[];
}

/** Workers that left do not count. */
export function workersFor(
  recipe: Recipe,
  workers: readonly UiWorker[],
): Ability {
  const { always, sometimes } = recipeNeeds(recipe);
  const present = workers.filter(
    ({ state }) => state !== "lost" && state !== "outdated",
  );
  const judged = present.map((worker) => {
    const lacks = (keys: readonly string[]): string[] =>
      keys.filter((key) => !worker.capabilities.includes(key));
    return { worker, missing: lacks(always), limits: lacks(sometimes) };
  });
  const able = judged.filter(({ missing }) => missing.length === 0);
  return {
    able: able.map(({ worker }) => worker),
    unable: judged
      .filter(({ missing }) => missing.length > 0)
      .map(({ worker, missing }) => ({ worker, missing })),
    limited: able
      .filter(({ limits }) => limits.length > 0)
      .map(({ worker, limits }) => ({ worker, missing: limits })),
  };
}
