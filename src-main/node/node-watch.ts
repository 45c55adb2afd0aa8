import { mkdir } from "node:fs/promises";
import { sep } from "node:path";
import { defaultNameTemplate } from "../core/output-name.ts";
import { Failure, isErrorCode } from "../core/errors.ts";
import type { Master } from "../master/master.ts";
import { WatchFolders } from "../master/watch-folders.ts";
import type { WatchFolder } from "../protocol/settings.ts";
import { loadPresets } from "../store/preset-folder.ts";
import { TakenFiles } from "../store/taken-files.ts";
import { addJobs } from "../ui-server/job-intake.ts";
import type { NodeContext } from "./node-context.ts";
import { OpenParts } from "./open-parts.ts";

/** Has a master's watched folders looked after. Resolves to the way to end it. */
export async function watchFolders(
  context: NodeContext,
  master: Master,
): Promise<() => Promise<void>> {
  const { options, store, history, log } = context;
  const taken = await TakenFiles.open(options.dataFolder);
  const parts = new OpenParts();
  parts.add(() => taken.close());
  const watch = new WatchFolders({
    folders: () => store.settings.watchFolders,
    taken,
    outputs: () => master.queue.all().map((job) => job.request.outputPath),
    wrote: (path) => history.wrote(path),
    hasJobOf: ({ path, sizeBytes, modifiedMs }) =>
      master.queue
        .all()
        .some(
          ({ request, source }) =>
            request.sourcePath === path &&
            source.sizeBytes === sizeBytes &&
            source.modifiedMs === modifiedMs,
        ),
    addJob: (source, folder, output) =>
      addOne(context, master, source, folder, output),
    dataFolder: options.dataFolder,
    nowMs: () => Date.now(),
    log,
  });
  parts.add(() => {
    watch.close();
  });
  watch.start();
  return () => parts.close();
}

async function addOne(
  { options }: NodeContext,
  master: Master,
  source: string,
  folder: WatchFolder,
  output: string | null,
): Promise<void> {
  if (output !== null) await mkdir(output, { recursive: true });
  const { refused } = await addJobs(
    {
      type: "add-job",
      sources: [source],
      presetName: folder.presetName,
      // Ending like a folder, it is one.
      output: output === null ? null : `${output}${sep}`,
      nameTemplate: folder.output.nameTemplate ?? defaultNameTemplate,
      overwrite: false,
      segmentS: null,
      priority: 0,
    },
    {
      master,
      presets: () => loadPresets(options.dataFolder),
      nowMs: () => Date.now(),
      folderInstead: () => Promise.resolve(null),
    },
  );
  const [first] = refused;
  if (first === undefined) return;
  const { code, detail } = first.failure;
  throw new Failure(isErrorCode(code) ? code : "internal-error", detail ?? "");
}
