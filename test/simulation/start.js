// Node 20 runs no TypeScript: the simulator is compiled in memory, then run.
import process from "node:process";
import { fileURLToPath, URL } from "node:url";
import { runnerImport } from "vite";

const { module } = await runnerImport(
  fileURLToPath(new URL("sim.ts", import.meta.url)),
  {
    configFile: false,
    logLevel: "error",
  },
);
process.exitCode = module.main(process.argv.slice(2));
