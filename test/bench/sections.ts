import { gigabit } from "./gigabit.bench.ts";
import { memory } from "./memory.bench.ts";
import { net } from "./net.bench.ts";
import { scheduler, store } from "./parts.bench.ts";
import { quality } from "./quality.bench.ts";
import { scale } from "./scale.bench.ts";
import type { Section } from "./section.ts";
import { shell } from "./shell.bench.ts";
import { start } from "./start.bench.ts";
import { tail } from "./tail.bench.ts";
import { two } from "./two.bench.ts";
import { window } from "./window.bench.ts";
import { wire } from "./wire.bench.ts";

/** In the order they are run: what matters most first. */
export const sections: readonly Section[] = [
  ...[two, scale, shell, quality, wire, start, memory, tail],
  ...[net, gigabit, store, scheduler, window],
];
