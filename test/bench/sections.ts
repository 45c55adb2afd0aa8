import type { Section } from "./section.ts";
import { two } from "./two.bench.ts";

/** In the order they are run. */
export const sections: readonly Section[] = [two];
