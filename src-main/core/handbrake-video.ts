/** The video part of a HandBrake preset. */
import { encoderTraits } from "./encoder-traits.ts";
import { entryNamed } from "./handbrake-fields.ts";
import type { HandbrakeFields } from "./handbrake-fields.ts";
import { noFilters } from "./recipe.ts";
import type {
  Effort,
  FrameRate,
  PixelFormat,
  RateControl,
  Tune,
  VideoEncode,
  VideoEncoder,
  VideoFilters,
} from "./recipe.ts";

type Note = (text: string) => void;

const families: Readonly<Record<string, string>> = {
  nvenc: "nvenc",
  qsv: "qsv",
  vce: "amf",
  vt: "videotoolbox",
};
const codecs: Readonly<Record<string, string>> = {
  h264: "h264",
  h265: "hevc",
  av1: "av1",
};
const software: Readonly<Record<string, VideoEncoder>> = {
  x264: "x264",
  x265: "x265",
  svt_av1: "svt-av1",
  vp9: "vp9",
  ffv1: "ffv1",
};

/** Names of x264 and x265 speeds; ours are fewer. */
const namedEfforts: Readonly<Record<string, Effort>> = {
  ultrafast: "ultrafast",
  superfast: "veryfast",
  veryfast: "veryfast",
  faster: "fast",
  fast: "fast",
  medium: "medium",
  slow: "slow",
  slower: "slower",
  veryslow: "slower",
  placebo: "slower",
  speed: "fast",
  balanced: "medium",
  quality: "slow",
  hp: "veryfast",
  hq: "slow",
};

/** The rates HandBrake offers by name; others it writes as decimals. */
const broadcastRates: Readonly<Record<string, readonly [number, number]>> = {
  "23.976": [24_000, 1001],
  "29.97": [30_000, 1001],
  "59.94": [60_000, 1001],
  "119.88": [120_000, 1001],
};

/** The settings of the encode; what has no counterpart goes to `note`. */
export function videoOf(preset: HandbrakeFields, note: Note): VideoEncode {
  const { encoder, isDeep } = encoderOf(preset.text("VideoEncoder"), note);
  if (preset.text("VideoOptionExtra").trim() !== "")
    note("the extra encoder options are not taken over.");
  if (preset.flag("VideoGrayScale")) note("the picture is not made grey.");
  return {
    kind: "encode",
    encoder,
    rate: rateOf(preset, encoder, note),
    effort: effortOf(preset.text("VideoPreset").toLowerCase(), encoder, note),
    tune: tuneOf(preset.text("VideoTune").toLowerCase(), encoder, note),
    pixelFormat: formatOf(encoder, isDeep),
    keyframeIntervalS: 10,
    filters: filtersOf(preset, note),
  };
}

function encoderOf(
  text: string,
  note: Note,
): { encoder: VideoEncoder; isDeep: boolean } {
  const name = text.toLowerCase();
  const isDeep = /_1[026]bit$/.test(name);
  const plain = name.replace(/_\d+bit$/, "");
  if (/_1[26]bit$/.test(name)) note(`${text} becomes 10 bit.`);
  const known = entryNamed(software, plain);
  if (known !== undefined) return { encoder: known, isDeep };
  const [family = "", codec = ""] = plain.split("_");
  const hardware = `${entryNamed(codecs, codec) ?? ""}-${entryNamed(families, family) ?? ""}`;
  const encoder = (Object.keys(encoderTraits) as VideoEncoder[]).find(
    (candidate) => candidate === hardware,
  );
  if (encoder !== undefined) return { encoder, isDeep };
  note(`the encoder “${text}” is not known; x264 is used.`);
  return { encoder: "x264", isDeep: false };
}

function formatOf(encoder: VideoEncoder, isDeep: boolean): PixelFormat {
  if (encoder === "ffv1") return "source";
  const wanted = isDeep ? "yuv420p10le" : "yuv420p";
  return encoderTraits[encoder].pixelFormats.includes(wanted)
    ? wanted
    : "source";
}

/** VideoQualityType: 0 was a target size, 1 is an average bitrate, 2 a constant quality. */
function rateOf(
  preset: HandbrakeFields,
  encoder: VideoEncoder,
  note: Note,
): RateControl {
  const scale = encoderTraits[encoder].quality;
  if (scale === null) return { mode: "lossless" };
  const bitrate = preset.number("VideoAvgBitrate");
  if (
    preset.number("VideoQualityType") === 1 &&
    bitrate !== null &&
    bitrate > 0
  )
    return {
      mode: "bitrate",
      kilobitsPerSecond: Math.min(1_000_000, Math.max(10, bitrate)),
    };
  const slider = preset.number("VideoQualitySlider");
  if (slider === null || preset.number("VideoQualityType") === 0) {
    note(`the quality is set to the usual ${scale.usual}.`);
    return { mode: "quality", quality: scale.usual };
  }
  // VideoToolbox counts upwards in HandBrake, downwards in a recipe.
  const quality = encoder.endsWith("videotoolbox") ? 100 - slider : slider;
  const bounded = Math.min(scale.max, Math.max(scale.min, quality));
  if (bounded !== quality)
    note(
      `the quality ${slider} is out of ${encoder}'s range; ${bounded} is used.`,
    );
  return { mode: "quality", quality: bounded };
}

function effortOf(name: string, encoder: VideoEncoder, note: Note): Effort {
  if (name === "") return "medium";
  if (encoder === "svt-av1") return numberedEffort(Number(name), note);
  const effort = entryNamed(namedEfforts, name);
  if (effort === undefined) {
    note(`the speed “${name}” is not known; medium is used.`);
    return "medium";
  }
  if (["superfast", "faster", "veryslow", "placebo"].includes(name))
    note(`the speed ${name} becomes ${effort}.`);
  return effort;
}

/** SVT-AV1 counts speeds, from -1 for the slowest to 13. */
function numberedEffort(speed: number, note: Note): Effort {
  if (!Number.isFinite(speed)) {
    note("the speed is not a number; medium is used.");
    return "medium";
  }
  if (speed >= 12) return "ultrafast";
  if (speed >= 9) return "veryfast";
  if (speed >= 7) return "fast";
  if (speed >= 6) return "medium";
  return speed >= 4 ? "slow" : "slower";
}

function tuneOf(names: string, encoder: VideoEncoder, note: Note): Tune {
  const { tunes } = encoderTraits[encoder];
  let tune: Tune = "none";
  for (const name of names.split(",").map((part) => part.trim())) {
    if (name === "" || name === "none") continue;
    const known = tunes.find((candidate) => candidate === name);
    if (known === undefined) note(`the tuning ${name} is left out.`);
    else tune = known;
  }
  return tune;
}

function filtersOf(preset: HandbrakeFields, note: Note): VideoFilters {
  const width = preset.number("PictureWidth") ?? 0;
  const height = preset.number("PictureHeight") ?? 0;
  const side = (value: number) =>
    value > 0 ? Math.min(16_384, Math.max(16, Math.round(value))) : 16_384;
  noteForeignFilters(preset, note);
  return {
    ...noFilters,
    deinterlace: deinterlaceOf(preset),
    crop: cropOf(preset, note),
    fit:
      width > 0 || height > 0
        ? { maxWidth: side(width), maxHeight: side(height) }
        : null,
    denoise: denoiseOf(preset, note),
    frameRate: frameRateOf(preset, note),
  };
}

function deinterlaceOf(preset: HandbrakeFields): VideoFilters["deinterlace"] {
  const filter = preset.text("PictureDeinterlaceFilter");
  if (filter === "" || filter === "off") return "off";
  // With comb detection only combed pictures are touched, as with "auto" here.
  const detect = preset.text("PictureCombDetectPreset");
  return filter === "decomb" || (detect !== "" && detect !== "off")
    ? "auto"
    : "on";
}

/** PictureCropMode: 0 automatic, 1 conservative, 2 none, 3 custom. Older ones have PictureAutoCrop. */
function cropOf(preset: HandbrakeFields, note: Note): VideoFilters["crop"] {
  const mode = preset.number("PictureCropMode");
  const isAutomatic =
    mode === null ? preset.flag("PictureAutoCrop") : mode === 0 || mode === 1;
  if (isAutomatic) {
    note("black bars are not cropped automatically.");
    return null;
  }
  if (mode === 2) return null;
  const side = (name: string) =>
    Math.min(16_384, Math.max(0, Math.round(preset.number(name) ?? 0)));
  const crop = {
    top: side("PictureTopCrop"),
    bottom: side("PictureBottomCrop"),
    left: side("PictureLeftCrop"),
    right: side("PictureRightCrop"),
  };
  return Object.values(crop).some((pixels) => pixels > 0) ? crop : null;
}

function denoiseOf(
  preset: HandbrakeFields,
  note: Note,
): VideoFilters["denoise"] {
  const filter = preset.text("PictureDenoiseFilter");
  if (filter === "" || filter === "off") return "off";
  switch (preset.text("PictureDenoisePreset")) {
    case "ultralight":
    case "light":
    case "weak":
      return "light";
    case "strong":
    case "stronger":
    case "verystrong":
      return "strong";
    case "custom":
      note("the custom denoising becomes medium.");
      return "medium";
    default:
      return "medium";
  }
}

/** Only "cfr" fixes the rate; "pfr" is a ceiling, which is not known here. */
function frameRateOf(preset: HandbrakeFields, note: Note): FrameRate {
  const name = preset.text("VideoFramerate");
  const mode = preset.text("VideoFramerateMode");
  if (name === "" || name === "auto") {
    if (mode === "cfr") note("the frames keep the source's times.");
    return { mode: "source" };
  }
  if (mode !== "cfr") {
    note(`the frame rate is the source's, not at most ${name}.`);
    return { mode: "source" };
  }
  const broadcast = entryNamed(broadcastRates, name);
  if (broadcast !== undefined)
    return {
      mode: "constant",
      numerator: broadcast[0],
      denominator: broadcast[1],
    };
  const rate = Number(name);
  if (!(rate >= 1 && rate <= 1000)) {
    note(`the frame rate “${name}” is not known; the source's is kept.`);
    return { mode: "source" };
  }
  return Number.isInteger(rate)
    ? { mode: "constant", numerator: rate, denominator: 1 }
    : {
        mode: "constant",
        numerator: Math.round(rate * 1000),
        denominator: 1000,
      };
}

function noteForeignFilters(preset: HandbrakeFields, note: Note): void {
  const filters: readonly (readonly [string, string])[] = [
    ["PictureDetelecine", "detelecine"],
    ["PictureSharpenFilter", "sharpening"],
    ["PictureDeblockPreset", "deblocking"],
    ["PictureColorspacePreset", "colour space conversion"],
    ["PictureChromaSmoothPreset", "chroma smoothing"],
    ["PicturePadMode", "padding"],
  ];
  for (const [field, words] of filters) {
    const value = preset.text(field);
    if (value !== "" && value !== "off" && value !== "none")
      note(`${words} is left out.`);
  }
  const rotate = preset.text("PictureRotate");
  if (/angle=(?!0\b)|hflip=1/.test(rotate))
    note("turning and mirroring is left out.");
}
