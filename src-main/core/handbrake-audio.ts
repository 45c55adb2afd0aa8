/** The audio part of a HandBrake preset: its first track stands for all. */
import { entryNamed, fieldsOf } from "./handbrake-fields.ts";
import type { HandbrakeFields } from "./handbrake-fields.ts";
import type { AudioChoice, AudioEncoder } from "./recipe.ts";

type EncodedAudio = Extract<AudioChoice, { kind: "encode" }>;

/** Channels by mixdown; the bitrate of a HandBrake track is for all of them. */
const mixdowns: Readonly<
  Record<string, { channels: EncodedAudio["channels"]; count: number }>
> = {
  mono: { channels: "mono", count: 1 },
  left_only: { channels: "mono", count: 1 },
  right_only: { channels: "mono", count: 1 },
  stereo: { channels: "stereo", count: 2 },
  dpl1: { channels: "stereo", count: 2 },
  dpl2: { channels: "stereo", count: 2 },
  "5point1": { channels: "source", count: 6 },
  "6point1": { channels: "source", count: 7 },
  "7point1": { channels: "source", count: 8 },
  "5_2_lfe": { channels: "source", count: 8 },
};

/** Kilobits per channel pair where HandBrake leaves it to the encoder. */
const usualKilobits = 160;

/** What becomes of the audio; settings without a counterpart go to `note`. */
export function audioOf(
  preset: HandbrakeFields,
  note: (text: string) => void,
): AudioChoice {
  const tracks = preset.list("AudioList");
  if (
    tracks.length === 0 ||
    preset.text("AudioTrackSelectionBehavior") === "none"
  )
    return { kind: "none" };
  if (tracks.length > 1)
    note(
      `only the first of ${tracks.length} outputs of each audio track is made.`,
    );
  const track = fieldsOf(tracks[0]);
  const name = track.text("AudioEncoder").toLowerCase();
  if (name === "copy") return { kind: "copy" };
  const isCopy = name.startsWith("copy:");
  const wanted = isCopy ? name.slice("copy:".length) : name;
  const encoder = encoderNamed(
    isCopy ? preset.text("AudioEncoderFallback").toLowerCase() : wanted,
    note,
  );
  if (isCopy && wanted !== "aac")
    note(
      `audio is copied whenever the container holds it, not only where it is ${wanted}.`,
    );
  if ((track.number("AudioTrackGainSlider") ?? 0) !== 0)
    note("the gain of the audio is not applied.");
  if ((track.number("AudioTrackDRCSlider") ?? 0) > 0)
    note("the dynamic range compression of the audio is not applied.");
  const rate = track.text("AudioSamplerate");
  if (rate !== "" && rate !== "auto" && rate !== "48")
    note(`the audio keeps its sample rate instead of ${rate} kHz.`);
  return { ...mixOf(track, encoder, note), encoder, copyWhenPossible: isCopy };
}

function mixOf(
  track: HandbrakeFields,
  encoder: AudioEncoder,
  note: (text: string) => void,
): Omit<EncodedAudio, "encoder" | "copyWhenPossible"> {
  const mixdown = track.text("AudioMixdown");
  const mix = entryNamed(mixdowns, mixdown) ?? { channels: "source", count: 2 };
  if (mixdown === "dpl1" || mixdown === "dpl2")
    note("the audio is mixed to plain stereo instead of Dolby Surround.");
  if (mixdown === "left_only" || mixdown === "right_only")
    note("the audio is mixed to mono instead of taking one side.");
  const total = track.number("AudioBitrate");
  const isByQuality = track.flag("AudioTrackQualityEnable");
  if (isByQuality) note("the audio gets a bitrate instead of a quality.");
  const perPair =
    total === null || total <= 0 || isByQuality
      ? usualKilobits
      : total / Math.max(1, mix.count / 2);
  return {
    kind: "encode",
    kilobitsPerSecond:
      encoder === "flac" ? 0 : Math.round(Math.min(512, Math.max(32, perPair))),
    channels: mix.channels,
  };
}

function encoderNamed(
  name: string,
  note: (text: string) => void,
): AudioEncoder {
  if (/aac|^faac$/.test(name)) return "aac";
  if (name === "opus") return "opus";
  if (/flac|alac|pcm/.test(name)) {
    if (!name.includes("flac")) note(`${name} audio becomes FLAC.`);
    return "flac";
  }
  note(
    name === "" || name === "none"
      ? "audio that cannot be copied is encoded as AAC."
      : `${name} audio becomes AAC.`,
  );
  return "aac";
}
