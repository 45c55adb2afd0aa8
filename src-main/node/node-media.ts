import { resolve } from "node:path";
import { unreachable } from "../core/assert.ts";
import { Failure } from "../core/errors.ts";
import type { Master } from "../master/master.ts";
import type {
  MediaRequest,
  UiFrame,
  UiMediaAnswers,
} from "../protocol/ui-media.ts";
import { listFolder } from "./folder-listing.ts";
import type { NodeContext } from "./node-context.ts";
import { PictureDesk, type PictureOf } from "./picture-desk.ts";

type FrameRequest = Extract<MediaRequest, { type: "frame" }>;

/** What faces ask about files of this machine. */
export class NodeMedia {
  readonly #master: () => Master | null;
  readonly #pictures: PictureDesk;

  constructor(context: NodeContext, master: () => Master | null) {
    this.#master = master;
    this.#pictures = new PictureDesk(
      context.binaries,
      context.capabilities.keys,
    );
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
      case "drop-sample":
        throw new Failure("usage", "This node makes no samples.");
      default:
        return unreachable(request);
    }
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
      throw new Failure("usage", "There is no such sample.");
    const job = this.#master()?.queue.require(of.jobId);
    if (job === undefined) throw new Failure("job-unknown", of.jobId);
    if (of.side === "source")
      return { path: job.request.sourcePath, atS, widthPx };
    if (job.phase.kind !== "done")
      throw new Failure("job-state-wrong", "its output is not there yet");
    return { path: job.request.outputPath, atS, widthPx };
  }
}
