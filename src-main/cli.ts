#!/usr/bin/env -S node --max-semi-space-size=2
import { main } from "./cli/main.ts";

/** For what still holds the process after everything was put away. */
const lingerMs = 2_000;

process.exitCode = await main(process.argv.slice(2));
// Does not hold the process itself: it ends as soon as nothing is left.
setTimeout(() => process.exit(), lingerMs).unref();
