import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Binaries } from "../media/binaries.ts";
import { extractSubtitle } from "../media/subtitle-extract.ts";
import type { Job } from "./job.ts";

/** The subtitle to be drawn into the picture, as an ASS file in the job's folder; null when there is none to draw. */
export async function prepareSubtitle(
  job: Job,
  binaries: Binaries,
): Promise<string | null> {
  const track = job.media.plan.burnStreamIndex;
  if (track === null) return null;
  const ass = await extractSubtitle(
    binaries,
    job.request.sourcePath,
    track,
    job.stop.signal,
  );
  const file = join(job.folder, "subtitle.ass");
  await writeFile(file, ass, { mode: 0o600 });
  return file;
}
