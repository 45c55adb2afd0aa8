import { randomBytes } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../core/errors.ts";
import type { MediaFacts } from "../core/media-facts.ts";
import { planJob, type JobPlan } from "../core/plan.ts";
import type { Recipe } from "../core/recipe.ts";
import {
  expectedOutputBytes,
  planSample,
  type SampleStretch,
} from "../core/sample-plan.ts";
import type { Binaries } from "../media/binaries.ts";
import { probeSource } from "../media/probe.ts";
import { encodeSample, type EncodedSample } from "../media/sample-encode.ts";
import { findSandbox, type Sandbox } from "../media/sandbox.ts";
import { extractSubtitle } from "../media/subtitle-extract.ts";
import type { UiSample } from "../protocol/ui-media.ts";
import type { PictureOf } from "./picture-desk.ts";
import { Turnstile } from "./turnstile.ts";

/** Kept at the same time; the oldest goes for the next. */
const maxSamples = 5;
/** A minute of the slowest encoder at 4K on an old laptop; more is a hang. */
const timeoutMs = 30 * 60_000;
const subtitleName = "subtitle.ass";

interface KeptSample {
  readonly folder: string;
  readonly file: string;
  /** When its first picture is shown in the film, seconds. */
  readonly firstS: number;
  readonly rotationDegrees: 0 | 90 | 180 | 270;
}

/** Samples of encodes, in a private folder, for as long as somebody looks at them. */
export class SampleDesk {
  readonly #binaries: Binaries;
  readonly #capabilities: readonly string[];
  readonly #folder: string;
  readonly #turnstile = new Turnstile(1);
  readonly #samples = new Map<string, KeptSample>();
  readonly #stop = new AbortController();
  #sandbox: Promise<Sandbox | null> | null = null;

  constructor(options: {
    readonly binaries: Binaries;
    readonly capabilities: readonly string[];
    readonly dataFolder: string;
  }) {
    this.#binaries = options.binaries;
    this.#capabilities = options.capabilities;
    this.#folder = join(options.dataFolder, "samples");
  }

  /**
   * Encodes a stretch as a job with this recipe would, here. One at a time.
   * The signal ends the encode and, later, drops the sample.
   *
   * @throws Failure as accepting a job, `no-worker-can` when this computer has
   * not the encoder, `usage` when the recipe encodes no video.
   */
  async make(
    path: string,
    recipe: Recipe,
    wanted: SampleStretch,
    signal?: AbortSignal,
  ): Promise<UiSample> {
    const signals = [this.#stop.signal, AbortSignal.timeout(timeoutMs)];
    const either = AbortSignal.any(signal ? [...signals, signal] : signals);
    return this.#turnstile.pass(either, async () => {
      const facts = await probeSource(this.#binaries, path, either);
      const plan = this.#planned(facts, recipe);
      const sampleId = randomBytes(8).toString("hex");
      const folder = join(this.#folder, sampleId);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      try {
        const sample = await this.#encode(path, facts, plan, wanted, {
          folder,
          sampleId,
          signal: either,
        });
        signal?.addEventListener("abort", () => void this.drop(sampleId), {
          once: true,
        });
        return sample;
      } catch (error) {
        await rm(folder, { recursive: true, force: true });
        if (error instanceof DOMException && error.name === "TimeoutError")
          throw new Failure("limit-exceeded", "the sample took too long");
        throw error;
      }
    });
  }

  /** A picture of a sample at a moment of the film. @throws Failure `usage` when it is gone. */
  pictureOf(sampleId: string, atS: number | null, widthPx: number): PictureOf {
    const sample = this.#samples.get(sampleId);
    if (sample === undefined)
      throw new Failure("usage", "This sample is not kept any more.");
    const { file, firstS, rotationDegrees } = sample;
    return {
      path: file,
      atS: atS === null ? 0 : Math.max(0, atS - firstS),
      widthPx,
      rotationDegrees,
    };
  }

  async drop(sampleId: string): Promise<void> {
    const sample = this.#samples.get(sampleId);
    if (sample === undefined) return;
    this.#samples.delete(sampleId);
    await rm(sample.folder, { recursive: true, force: true });
  }

  /** What an earlier run left behind goes. */
  async open(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  async close(): Promise<void> {
    this.#stop.abort(new Failure("cancelled"));
    this.#samples.clear();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #planned(facts: MediaFacts, recipe: Recipe): JobPlan {
    const plan = planJob(facts, recipe);
    if (plan.encode === null)
      throw new Failure("usage", "This preset encodes no video.");
    const missing = plan.needs.filter(
      (need) => !this.#capabilities.includes(need),
    );
    if (missing.length > 0)
      throw new Failure(
        "no-worker-can",
        `this computer's ffmpeg has no ${missing.join(", ")}`,
      );
    return plan;
  }

  async #encode(
    path: string,
    facts: MediaFacts,
    plan: JobPlan,
    wanted: SampleStretch,
    run: {
      readonly folder: string;
      readonly sampleId: string;
      readonly signal: AbortSignal;
    },
  ): Promise<UiSample> {
    const { folder, sampleId, signal } = run;
    this.#sandbox ??= findSandbox(this.#binaries.ffmpeg, {
      within: this.#folder,
    });
    const around = {
      workFolder: folder,
      signal,
      subtitleFile: await this.#subtitle(path, plan, folder, signal),
      sandbox: await this.#sandbox,
    };
    const encodedAs = async (feed: "nut-copy" | "nut-decoded") => {
      const sample = planSample(facts, plan, wanted, feed);
      return {
        ...sample,
        ...(await encodeSample(this.#binaries, path, facts, sample, around)),
      };
    };
    const made = await encodedAs("nut-copy").catch((error: unknown) => {
      signal.throwIfAborted();
      // What no copy can carry is decoded here, from the head: slow, never wrong.
      if (error instanceof Failure && isOfCopying(error))
        return encodedAs("nut-decoded");
      throw error;
    });
    await this.#keep(sampleId, folder, made, { facts, plan });
    const { durationS } = made.stretch;
    const filmS = facts.durationS;
    return {
      sampleId,
      durationS,
      sizeBytes: made.sizeBytes,
      sourceBytes:
        filmS === null
          ? facts.sizeBytes
          : Math.round(facts.sizeBytes * Math.min(1, durationS / filmS)),
      framesPerSecond: made.frames / made.encodeS,
      expectedBytes: expectedOutputBytes(facts, plan, {
        sizeBytes: made.sizeBytes,
        durationS,
      }),
      expectedS: filmS === null ? null : (made.encodeS / durationS) * filmS,
      notes: [...plan.notes, ...made.notes],
    };
  }

  async #keep(
    sampleId: string,
    folder: string,
    { file }: EncodedSample,
    source: { readonly facts: MediaFacts; readonly plan: JobPlan },
  ): Promise<void> {
    const { video, startS } = source.facts;
    const made = await probeSource(this.#binaries, file);
    const originS = video?.startS ?? startS ?? 0;
    this.#samples.set(sampleId, {
      folder,
      file,
      firstS: (made.video?.startS ?? made.startS ?? originS) - originS,
      rotationDegrees: source.plan.output?.rotationDegrees ?? 0,
    });
    const [oldest] = this.#samples.keys();
    if (this.#samples.size > maxSamples && oldest !== undefined)
      await this.drop(oldest);
  }

  async #subtitle(
    path: string,
    plan: JobPlan,
    folder: string,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    if (plan.burnStreamIndex === null) return undefined;
    const stream = plan.burnStreamIndex;
    const ass = await extractSubtitle(this.#binaries, path, stream, signal);
    const file = join(folder, subtitleName);
    await writeFile(file, ass, { mode: 0o600 });
    return file;
  }
}

const isOfCopying = ({ code }: Failure): boolean =>
  code === "cut-failed" || code === "encoder-failed";
