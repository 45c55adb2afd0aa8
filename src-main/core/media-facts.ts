/** What probing tells of a source, in the program's own words. */

/** A fraction as ffmpeg writes it: 30000/1001. */
export interface Ratio {
  readonly numerator: number;
  readonly denominator: number;
}

export interface ColourFacts {
  readonly range: string | null;
  readonly primaries: string | null;
  readonly transfer: string | null;
  readonly space: string | null;
  readonly chromaLocation: string | null;
}

/** HDR10 static metadata in the notation of x265's `master-display` and `max-cll`. */
export interface HdrFacts {
  readonly masterDisplay: string | null;
  readonly maxCll: string | null;
  /** Dolby Vision or HDR10+ (dynamic) found: cannot be kept by a re-encode. */
  readonly dynamic: "none" | "dolby-vision" | "hdr10-plus";
}

export interface VideoStreamFacts {
  /** Index among all streams of the file. */
  readonly index: number;
  readonly codec: string;
  readonly profile: string | null;
  readonly width: number;
  readonly height: number;
  readonly pixelFormat: string;
  readonly bitDepth: number;
  /** Sample aspect ratio; 1/1 where the file says nothing. */
  readonly sampleAspect: Ratio;
  readonly timeBase: Ratio;
  /** The nominal rate; VFR sources have none worth trusting. */
  readonly averageFrameRate: Ratio | null;
  readonly rotationDegrees: 0 | 90 | 180 | 270;
  readonly fieldOrder: "progressive" | "tt" | "bb" | "tb" | "bt" | "unknown";
  readonly colour: ColourFacts;
  readonly hdr: HdrFacts;
  readonly startS: number | null;
  readonly durationS: number | null;
  readonly language: string | null;
  readonly title: string | null;
}

export interface AudioStreamFacts {
  readonly index: number;
  readonly codec: string;
  readonly channels: number;
  readonly channelLayout: string | null;
  readonly sampleRateHz: number;
  readonly startS: number | null;
  readonly durationS: number | null;
  readonly language: string | null;
  readonly title: string | null;
  readonly isDefault: boolean;
}

export interface SubtitleStreamFacts {
  readonly index: number;
  readonly codec: string;
  readonly form: "text" | "picture";
  readonly language: string | null;
  readonly title: string | null;
  readonly isDefault: boolean;
  readonly isForced: boolean;
}

export interface AttachmentFacts {
  readonly index: number;
  readonly fileName: string | null;
  readonly mimeType: string | null;
}

export interface ChapterFacts {
  readonly startS: number;
  readonly endS: number;
  readonly title: string | null;
}

export interface MediaFacts {
  /** ffmpeg's demuxer name, e.g. `matroska,webm`. */
  readonly format: string;
  readonly sizeBytes: number;
  readonly durationS: number | null;
  readonly startS: number | null;
  /** The first real video stream; cover pictures are in `covers`. */
  readonly video: VideoStreamFacts | null;
  readonly otherVideoCount: number;
  readonly audio: readonly AudioStreamFacts[];
  readonly subtitles: readonly SubtitleStreamFacts[];
  readonly attachments: readonly AttachmentFacts[];
  /** Stream indexes of attached pictures. */
  readonly covers: readonly {
    readonly index: number;
    readonly codec: string;
  }[];
  readonly dataStreams: readonly {
    readonly index: number;
    readonly codec: string;
  }[];
  readonly chapters: readonly ChapterFacts[];
  readonly tags: Readonly<Record<string, string>>;
}
