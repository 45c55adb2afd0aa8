/** The part of the UI contract about looking into files: pictures, samples, folders. */
import { z } from "zod";
import { recipeSchema } from "./recipe-schema.ts";
import type { UiFailure } from "./ui-contract.ts";

const path = z.string().min(1).max(4096);
const jobId = z.string().regex(/^[a-z0-9-]{1,64}$/);
/** A day of film: no moment lies beyond. */
const momentS = z.number().min(0).max(86_400);

/** Longest sample: it is encoded while somebody waits. */
export const maxSampleS = 60;

export const mediaRequestSchemas = [
  /** One picture as a person would see it (turned, with its aspect), as JPEG. */
  z.strictObject({
    type: z.literal("frame"),
    of: z.union([
      z.strictObject({ jobId, side: z.enum(["source", "output"]) }),
      z.strictObject({ path }),
      z.strictObject({ sampleId: jobId }),
    ]),
    /** Of the film; null: a telling moment near its beginning (thumbnail). */
    atS: momentS.nullable(),
    widthPx: z.int().min(32).max(1920),
  }),
  /** Encodes a few seconds here and now, with the settings a job would have. */
  z.strictObject({
    type: z.literal("make-sample"),
    path,
    presetName: z.string().max(200),
    recipe: recipeSchema.optional(),
    atS: momentS,
    durationS: z.number().min(1).max(maxSampleS),
  }),
  /** Frees what a sample holds; without it they go when the node ends. */
  z.strictObject({ type: z.literal("drop-sample"), sampleId: jobId }),
  /** For faces without a native file dialog. Null: where a person would start. */
  z.strictObject({ type: z.literal("list-folder"), path: path.nullable() }),
] as const;

export type MediaRequest = z.infer<(typeof mediaRequestSchemas)[number]>;

const mediaRequestTypes: ReadonlySet<string> = new Set([
  "frame",
  "make-sample",
  "drop-sample",
  "list-folder",
]);

/** Whether a face asks about a source's pictures. */
export function isMediaRequest<Other extends { readonly type: string }>(
  request: Other | MediaRequest,
): request is MediaRequest {
  return mediaRequestTypes.has(request.type);
}

export interface UiFrame {
  readonly jpegBase64: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly atS: number;
}

export interface UiSample {
  readonly sampleId: string;
  readonly durationS: number;
  readonly sizeBytes: number;
  /** Of the source's same stretch. */
  readonly sourceBytes: number;
  readonly framesPerSecond: number;
  /** Scaled up to the whole film. */
  readonly expectedBytes: number | null;
  /** On this computer alone. */
  readonly expectedS: number | null;
  readonly notes: readonly string[];
}

export interface UiFolderEntry {
  readonly name: string;
  readonly path: string;
  readonly isFolder: boolean;
  readonly sizeBytes: number | null;
}

export interface UiFolder {
  readonly path: string;
  /** Null at the top. */
  readonly parent: string | null;
  /** Folders first, then files that may be media. Hidden ones are left out. */
  readonly entries: readonly UiFolderEntry[];
  /** There were more than are told. */
  readonly isCut: boolean;
}

/** Answer to `POST /upload?name=…` of the UI server (token as Bearer): a browser's dropped file. */
export type UiUploaded =
  | { readonly path: string; readonly sizeBytes: number }
  | { readonly failure: UiFailure };

export interface UiMediaAnswers {
  readonly frame: UiFrame;
  readonly "make-sample": UiSample;
  readonly "list-folder": UiFolder;
}
