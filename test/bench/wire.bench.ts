/** Bytes that cross the wire, over those of the source's and the output's video. */
import path from "node:path";
import { benchPreset, type RecipeWish } from "./bench-recipe.ts";
import { withFarm } from "./farm-processes.ts";
import { videoPackets } from "./output-measures.ts";
import { quotaSource } from "./scale.bench.ts";
import type { Bench, Section } from "./section.ts";

/** Audio is copied by the master and never sent, so that only video counts. */
const recipe: RecipeWish = {
  encoder: "x264",
  rate: { mode: "quality", quality: 23 },
  effort: "ultrafast",
  audio: "copy",
};

async function run(bench: Bench): Promise<void> {
  const source = await quotaSource(bench);
  const sourceBytes = (await videoPackets(bench, source)).bytes;
  for (const count of bench.isQuick ? [2] : [2, 4]) {
    const wish = {
      workers: Array.from({ length: count }, () => ({
        groups: [],
        threads: 1,
      })),
      presets: [benchPreset("Bench", recipe)],
    };
    await withFarm(bench, wish, async (farm) => {
      const output = path.join(bench.folder, "wire.mkv");
      const { figures } = await farm.encode({
        source,
        output,
        preset: "Bench",
      });
      const outputBytes = (await videoPackets(bench, output)).bytes;
      bench.say(
        `${String(figures.segmentCount)} segments, ${String(figures.attemptCount)} attempts, ${String(figures.wastedFrames)} of ${String(figures.frames)} frames wasted`,
      );
      const ratio = (name: string, value: number): void =>
        bench.tell({
          name: `${name}, ${String(count)} workers`,
          unit: "",
          values: [value],
          target: { bound: "at-most", value: 1.05 },
        });
      ratio("sent over source video", figures.bytesSent / sourceBytes);
      ratio("received over output video", figures.bytesReceived / outputBytes);
    });
  }
}

export const wire: Section = {
  name: "wire",
  about: "bytes sent and received over bytes of video, guided sizes",
  run,
};
