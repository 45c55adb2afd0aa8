import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { importHandbrake } from "../../../src-main/core/handbrake-import.ts";
import { presetSchema } from "../../../src-main/protocol/recipe-schema.ts";

const preset = {
  PresetName: "My HEVC",
  PresetDescription: "For the shelf.",
  FileFormat: "av_mkv",
  ChapterMarkers: true,
  Optimize: false,
  VideoEncoder: "x265_10bit",
  VideoQualityType: 2,
  VideoQualitySlider: 21.5,
  VideoAvgBitrate: 6000,
  VideoPreset: "slow",
  VideoTune: "grain",
  VideoFramerate: "auto",
  VideoFramerateMode: "vfr",
  PictureWidth: 1920,
  PictureHeight: 1080,
  PictureCropMode: 2,
  PictureDeinterlaceFilter: "decomb",
  PictureCombDetectPreset: "default",
  PictureDenoiseFilter: "nlmeans",
  PictureDenoisePreset: "light",
  AudioTrackSelectionBehavior: "all",
  AudioEncoderFallback: "opus",
  AudioList: [
    { AudioEncoder: "copy:aac", AudioBitrate: 160, AudioMixdown: "stereo" },
  ],
  SubtitleTrackSelectionBehavior: "all",
  SubtitleBurnBehavior: "none",
};
const imported = (change: object) =>
  importHandbrake({ PresetList: [{ ...preset, ...change }] });
const recipe = (change: object) => imported(change).presets[0]!.recipe;
const video = (change: object) => {
  const { video: choice } = recipe(change);
  if (choice.kind !== "encode") throw new Error("not an encode");
  return choice;
};

describe("importHandbrake", () => {
  it("takes a plain preset over whole", () => {
    const { presets, unmapped } = imported({});
    expect(unmapped).toEqual([]);
    expect(presetSchema.parse(presets[0])).toEqual(presets[0]);
    expect(presets[0]).toMatchObject({
      name: "My HEVC",
      origin: "handbrake",
      recipe: {
        container: "mkv",
        video: {
          encoder: "x265",
          rate: { mode: "quality", quality: 21.5 },
          effort: "slow",
          tune: "grain",
          pixelFormat: "yuv420p10le",
          filters: {
            deinterlace: "auto",
            denoise: "light",
            fit: { maxWidth: 1920, maxHeight: 1080 },
            crop: null,
            frameRate: { mode: "source" },
          },
        },
        audio: {
          kind: "encode",
          encoder: "opus",
          kilobitsPerSecond: 160,
          channels: "stereo",
          copyWhenPossible: true,
        },
        audioTracks: "all",
        subtitles: "keep",
        chapters: "keep",
      },
    });
  });

  it("finds presets in nested folders", () => {
    const { presets } = importHandbrake({
      PresetList: [
        {
          PresetName: "General",
          Folder: true,
          ChildrenArray: [
            preset,
            {
              PresetName: "Deeper",
              Folder: true,
              ChildrenArray: [{ ...preset, PresetName: "B" }],
            },
          ],
        },
        { ...preset, PresetName: "C" },
      ],
    });
    expect(presets.map(({ name }) => name)).toEqual(["My HEVC", "B", "C"]);
  });

  it.each([
    ["x264", "x264", "yuv420p"],
    ["x264_10bit", "x264", "yuv420p10le"],
    ["x265", "x265", "yuv420p"],
    ["svt_av1_10bit", "svt-av1", "yuv420p10le"],
    ["VP9", "vp9", "yuv420p"],
    ["VP9_10bit", "vp9", "yuv420p10le"],
    ["nvenc_h264", "h264-nvenc", "yuv420p"],
    ["nvenc_h265_10bit", "hevc-nvenc", "yuv420p10le"],
    ["nvenc_av1", "av1-nvenc", "yuv420p"],
    ["qsv_h265", "hevc-qsv", "yuv420p"],
    ["qsv_av1_10bit", "av1-qsv", "yuv420p10le"],
    ["vce_h264", "h264-amf", "yuv420p"],
    ["vce_av1", "av1-amf", "yuv420p"],
    ["vt_h265_10bit", "hevc-videotoolbox", "yuv420p10le"],
  ])("knows the encoder %s", (name, encoder, pixelFormat) => {
    expect(video({ VideoEncoder: name, VideoPreset: "" })).toMatchObject({
      encoder,
      pixelFormat,
    });
  });

  it.each([
    ["mpeg4", /encoder “mpeg4” is not known/],
    ["vt_av1", /not known/],
    ["x265_12bit", /becomes 10 bit/],
  ])("says that the encoder %s has no counterpart", (name, text) => {
    expect(imported({ VideoEncoder: name }).unmapped.join("\n")).toMatch(text);
  });

  it("takes bitrates, and turns VideoToolbox's quality round", () => {
    expect(video({ VideoQualityType: 1 }).rate).toEqual({
      mode: "bitrate",
      kilobitsPerSecond: 6000,
    });
    expect(
      video({ VideoEncoder: "vt_h265", VideoQualitySlider: 60 }).rate,
    ).toEqual({ mode: "quality", quality: 40 });
  });

  it("maps the speeds of SVT-AV1, which are numbers", () => {
    const effort = (VideoPreset: string | number) =>
      video({ VideoEncoder: "svt_av1", VideoPreset, VideoTune: "" }).effort;
    expect(["12", "10", 8, "6", "4", "2"].map(effort)).toEqual([
      "ultrafast",
      "veryfast",
      "fast",
      "medium",
      "slow",
      "slower",
    ]);
  });

  it("fixes the frame rate only where HandBrake does", () => {
    const rate = (VideoFramerate: string, VideoFramerateMode: string) =>
      video({ VideoFramerate, VideoFramerateMode }).filters.frameRate;
    expect(rate("29.97", "cfr")).toEqual({
      mode: "constant",
      numerator: 30_000,
      denominator: 1001,
    });
    expect(rate("25", "cfr")).toMatchObject({ numerator: 25, denominator: 1 });
    expect(rate("30", "pfr")).toEqual({ mode: "source" });
    expect(
      imported({ VideoFramerate: "30", VideoFramerateMode: "pfr" }).unmapped,
    ).toEqual(["My HEVC: the frame rate is the source's, not at most 30."]);
  });

  it("crops by hand, and says that it does not by itself", () => {
    expect(
      video({ PictureCropMode: 3, PictureTopCrop: 140 }).filters.crop,
    ).toEqual({ top: 140, bottom: 0, left: 0, right: 0 });
    expect(imported({ PictureCropMode: 0 }).unmapped.join()).toMatch(/cropped/);
    expect(
      imported({ PictureCropMode: undefined, PictureAutoCrop: true }).unmapped,
    ).toHaveLength(1);
  });

  it("divides the bitrate of surround among its channel pairs", () => {
    const AudioList = [
      { AudioEncoder: "av_aac", AudioBitrate: 480, AudioMixdown: "5point1" },
    ];
    expect(recipe({ AudioList }).audio).toMatchObject({
      encoder: "aac",
      kilobitsPerSecond: 160,
      channels: "source",
      copyWhenPossible: false,
    });
  });

  it.each([
    [{ VideoOptionExtra: "deblock=1" }, /extra encoder options/],
    [{ AudioList: [preset.AudioList[0], {}] }, /only the first of 2/],
    [{ AudioList: [{ AudioEncoder: "eac3" }] }, /eac3 audio becomes AAC/],
    [{ PictureSharpenFilter: "unsharp" }, /sharpening/],
    [{ PictureRotate: "angle=90:hflip=0" }, /turning/],
    [{ SubtitleBurnBehavior: "first" }, /burning/],
    [{ FileFormat: "av_webm" }, /MKV is used, because webm/],
    [{ VideoTune: "psnr" }, /tuning psnr/],
    [{ VideoPreset: "placebo" }, /placebo becomes slower/],
  ])("tells what %j loses", (change, text) => {
    expect(imported(change).unmapped.join("\n")).toMatch(text);
  });

  it.each([null, 7, "x", {}, { PresetList: 3 }, { PresetList: [] }, [{}]])(
    "refuses %j",
    (value) => {
      expect(() => importHandbrake(value)).toThrow(
        expect.objectContaining({ code: "preset-invalid" }),
      );
    },
  );

  it("gives sound presets or fails as it should, whatever the fields hold", () => {
    const names = fc.constantFrom(...Object.keys(preset));
    const odd = fc.oneof(
      fc.jsonValue(),
      fc.double(),
      fc.constantFrom("x264", "__proto__", "constructor", "copy:", "-1", "cfr"),
    );
    fc.assert(
      fc.property(fc.dictionary(names, odd), (change) => {
        const { presets } = imported({ ...change, PresetName: "x" });
        for (const one of presets) presetSchema.parse(one);
      }),
      { numRuns: 500 },
    );
  });
});
