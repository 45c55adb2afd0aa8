/** Tiny encodes that show whether an encoder works here. The result is a list of packets (framecrc) on standard output. */
import { encoderTraits } from "../encoder-traits.ts";
import type { VideoEncode, VideoEncoder, AudioEncoder } from "../recipe.ts";
import { encoderArguments } from "./encoder.ts";
import { hardwareFamily, isHardwareEncoder } from "./hardware-encoder.ts";

/** Some chips refuse pictures smaller than 256 pixels; DNxHR has the same limit. */
const picture = "color=c=gray:s=320x192:r=25";

/** A few pictures with the arguments an order would give. */
export function videoTrialArguments(
  encoder: VideoEncoder,
  vaapiDevice: string | null,
): string[] {
  const usesVaapi =
    isHardwareEncoder(encoder) && hardwareFamily(encoder) === "vaapi";
  const format = encoderTraits[encoder].pixelFormats[0] ?? "yuv420p";
  return [
    ...["-nostdin", "-v", "error"],
    ...(usesVaapi ? ["-vaapi_device", vaapiDevice ?? "none"] : []),
    ...["-f", "lavfi", "-i", picture],
    ...["-vf", usesVaapi ? "format=nv12,hwupload" : `format=${format}`],
    ...["-frames:v", "3"],
    ...encoderArguments({
      encode: {
        encoder,
        rate: trialRate(encoder),
        effort: "ultrafast",
        tune: "none",
        keyframeIntervalS: 1,
      },
      nominalRate: { numerator: 25, denominator: 1 },
      threads: isHardwareEncoder(encoder) ? null : 1,
      fields: null,
      hdr: { masterDisplay: null, maxCll: null, dynamic: "none" },
    }),
    ...["-f", "framecrc", "pipe:1"],
  ];
}

/** A tenth of a second of a tone. */
export function audioTrialArguments(encoder: AudioEncoder): string[] {
  const name = encoder === "opus" ? "libopus" : encoder;
  return [
    ...["-nostdin", "-v", "error"],
    ...["-f", "lavfi", "-i", "sine=r=48000:d=0.1"],
    ...["-c:a", name, "-f", "framecrc", "pipe:1"],
  ];
}

function trialRate(encoder: VideoEncoder): VideoEncode["rate"] {
  const { quality, profiles } = encoderTraits[encoder];
  const [profile] = profiles;
  if (profile !== undefined) return { mode: "profile", profile };
  return quality === null
    ? { mode: "lossless" }
    : { mode: "quality", quality: quality.usual };
}
