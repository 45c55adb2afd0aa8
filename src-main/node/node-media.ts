import { resolve } from "node:path";
import { unreachable } from "../core/assert.ts";
import { Failure } from "../core/errors.ts";
import { findPreset } from "../core/preset.ts";
import type { Preset, Recipe } from "../core/recipe.ts";
import type { Master } from "../master/master.ts";
import type {
  MediaRequest,
  UiFrame,
  UiMediaAnswers,
} from "../protocol/ui-media.ts";
import { loadPresets } from "../store/preset-folder.ts";
import { UploadShelf } from "../store/upload-shelf.ts";
import { listFolder } from "./folder-listing.ts";
import type { NodeContext } from "./node-context.ts";
import { PictureDesk, type PictureOf } from "./picture-desk.ts";
import { SampleDesk } from "./sample-desk.ts";
import { videosFolder } from "./videos-folder.ts";

const sweepEveryMs = 10 * 60_000;

type FrameRequest = Extract<MediaRequest, { type: "frame" }>;
type SampleRequest = Extract<MediaRequest, { type: "make-sample" }>;

/** What faces ask about files of this machine. */
export class NodeMedia {
  readonly #master: () => Master | null;
  readonly #presets: () => Promise<readonly Preset[]>;
  readonly #pictures: PictureDesk;
  readonly #samples: SampleDesk;
  readonly #context: NodeContext;
  readonly #sweeping: NodeJS.Timeout;
  readonly uploads: UploadShelf;

  private constructor(
    context: NodeContext,
    master: () => Master | null,
    samples: SampleDesk,
  ) {
    this.#master = master;
    this.#presets = () => loadPresets(context.options.dataFolder);
    this.#samples = samples;
    this.#context = context;
    this.uploads = new UploadShelf({
      dataFolder: context.options.dataFolder,
      nowMs: () => Date.now(),
    });
    this.#sweeping = setInterval(() => {
      void this.#sweep();
    }, sweepEveryMs);
    this.#sweeping.unref();
    this.#pictures = new PictureDesk(
      context.binaries,
      context.capabilities.keys,
    );
  }

  static async open(
    context: NodeContext,
    master: () => Master | null,
  ): Promise<NodeMedia> {
    const samples = new SampleDesk({
      binaries: context.binaries,
      capabilities: context.capabilities.keys,
      dataFolder: context.options.dataFolder,
    });
    await samples.open();
    const media = new NodeMedia(context, master, samples);
    await media.#sweep();
    return media;
  }

  /** Ends samples that are being made, and drops those that are. */
  close(): Promise<void> {
    clearInterval(this.#sweeping);
    return this.#samples.close();
  }

  /** @throws Failure with the reason why not; the signal's reason when nobody waits any more. */
  async handle(
    request: MediaRequest,
    signal?: AbortSignal,
  ): Promise<UiMediaAnswers[keyof UiMediaAnswers] | null> {
    switch (request.type) {
      case "frame":
        return this.#frame(request, signal);
      case "list-folder":
        return listFolder(request.path);
      case "make-sample":
        return this.#samples.make(
          resolve(request.path),
          await this.#recipeOf(request),
          { atS: request.atS, durationS: request.durationS },
          signal,
        );
      case "drop-sample":
        await this.#samples.drop(request.sampleId);
        return null;
      default:
        return unreachable(request);
    }
  }

  /** Nothing is put beside an upload, where nobody would find it. Null: the path is none. */
  async folderInstead(path: string): Promise<string | null> {
    if (!this.uploads.holds(path)) return null;
    return this.#context.store.settings.output.folder ?? (await videosFolder());
  }

  async #sweep(): Promise<void> {
    const jobs = this.#context.store.jobs();
    await this.uploads
      .sweep(jobs.flatMap(({ sources }) => sources))
      .catch((error: unknown) => {
        this.#context.log(`uploads: ${String(error)}`);
      });
  }

  async #recipeOf({ presetName, recipe }: SampleRequest): Promise<Recipe> {
    if (recipe !== undefined) return recipe;
    const preset = findPreset(presetName, await this.#presets());
    if (preset === undefined) throw new Failure("preset-unknown", presetName);
    return preset.recipe;
  }

  async #frame(
    request: FrameRequest,
    signal: AbortSignal | undefined,
  ): Promise<UiFrame> {
    const { jpeg, widthPx, heightPx, atS } = await this.#pictures.take(
      this.#pictureOf(request),
      signal,
    );
    return { jpegBase64: jpeg.toString("base64"), widthPx, heightPx, atS };
  }

  #pictureOf({ of, atS, widthPx }: FrameRequest): PictureOf {
    if ("path" in of) return { path: resolve(of.path), atS, widthPx };
    if ("sampleId" in of)
      return this.#samples.pictureOf(of.sampleId, atS, widthPx);
    const job = this.#master()?.queue.require(of.jobId);
    if (job === undefined) throw new Failure("job-unknown", of.jobId);
    if (of.side === "source")
      return { path: job.request.sourcePath, atS, widthPx };
    if (job.phase.kind !== "done")
      throw new Failure("job-state-wrong", "its output is not there yet");
    return { path: job.request.outputPath, atS, widthPx };
  }
}
