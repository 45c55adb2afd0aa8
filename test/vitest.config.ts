import { defineConfig } from "vitest/config";

/** Fast projects need no ffmpeg, no socket and no child process; the slow ones do. */
export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: "fast",
          sequence: { groupOrder: 0 },
          include: [
            "test/{architecture,unit,scenarios,simulation,contract}/**/*.test.ts",
          ],
        },
      },
      {
        extends: true,
        test: {
          name: "slow",
          sequence: { groupOrder: 1 },
          include: ["test/{process,integration,drills,browser}/**/*.test.ts"],
          fileParallelism: true,
          maxWorkers: 2,
          globalSetup: ["test/fixtures/global-setup.ts"],
        },
      },
    ],
  },
});
