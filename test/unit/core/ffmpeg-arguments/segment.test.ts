import { describe, expect, it } from "vitest";

import { carrierArguments } from "../../../../src-main/core/ffmpeg-arguments/carrier.ts";
import { segmentArguments } from "../../../../src-main/core/ffmpeg-arguments/segment.ts";
import type { VideoOrder } from "../../../../src-main/core/order.ts";
import {
  noFilters,
  type VideoEncode,
  type VideoFilters,
} from "../../../../src-main/core/recipe.ts";
import { plainEncode, plainOrder } from "../../../fixtures/orders.ts";

const circumstances = { threads: 2, subtitleFile: null, vaapiDevice: null };

function orderOf(
  filters: Partial<VideoFilters>,
  encode: Partial<VideoEncode> = {},
  more: Partial<VideoOrder> = {},
): VideoOrder {
  return {
    ...plainOrder,
    ...more,
    encode: {
      ...plainEncode,
      ...encode,
      filters: { ...noFilters, ...filters },
    },
  };
}

function graphOf(order: VideoOrder): string {
  const args = segmentArguments(order, {
    ...circumstances,
    subtitleFile: "subtitle.ass",
  });
  return args[args.indexOf("-filter_complex") + 1] ?? "";
}

describe("segmentArguments", () => {
  it("reads NUT from the pipe, cuts in wire time, and writes the carrier to the pipe", () => {
    expect(segmentArguments(plainOrder, circumstances)).toEqual([
      ...["-nostdin", "-hide_banner", "-v", "error", "-nostats"],
      ...["-progress", "pipe:2", "-stats_period", "0.5"],
      ...["-max_error_rate", "1"],
      ...["-copyts", "-protocol_whitelist", "pipe", "-threads", "2"],
      ...["-noautorotate", "-max_pixels", "67108864"],
      ...["-f", "nut", "-i", "pipe:0"],
      "-filter_complex",
      "[0:v:0]trim=start=100.983333:end=102.983333,scale=320:180:flags=lanczos+accurate_rnd+full_chroma_int,format=yuv420p,setsar=sar=1/1:max=100000,setfield=prog[out]",
      ...["-map", "[out]", "-fflags", "+bitexact"],
      ...["-c:v", "libx264", "-threads:v", "2"],
      ...["-preset", "veryfast", "-crf", "25", "-g", "60"],
      ...["-forced-idr", "1", "-flags", "+cgop"],
      ...["-x264-params", "fps=30/1:repeat-headers=1"],
      ...["-fps_mode", "passthrough", "-enc_time_base", "1:15360"],
      ...carrierArguments("h264", 15_360),
      "pipe:1",
    ]);
  });

  it("takes the smaller of the order's and the machine's threads", () => {
    const args = segmentArguments({ ...plainOrder, threads: 1 }, circumstances);
    expect(args[args.indexOf("-threads:v") + 1]).toBe("1");
  });

  it("cuts nothing at the ends of the source", () => {
    const graph = graphOf({ ...plainOrder, startUs: null, endUs: null });
    expect(graph).not.toContain("trim");
    expect(graphOf({ ...plainOrder, startUs: null })).toContain(
      "[0:v:0]trim=end=102.983333,",
    );
  });

  it("runs filters over neighbours before the cut, and the others after", () => {
    const graph = graphOf(
      orderOf(
        {
          deinterlace: "on",
          crop: { top: 2, bottom: 4, left: 6, right: 8 },
          denoise: "light",
          fit: { maxWidth: 160, maxHeight: 160 },
          applyRotation: true,
          burnSubtitle: 0,
        },
        {},
        {
          burnSubtitle: true,
          picture: {
            ...plainOrder.picture,
            interlaced: true,
            fieldOrder: "bb",
            rotationDegrees: 270,
          },
        },
      ),
    );
    expect(graph).toBe(
      "[0:v:0]bwdif=mode=send_frame:parity=bff:deint=all,crop=iw-6-8:ih-2-4:6:2:exact=1,hqdn3d=2:1.5:3:2.25,trim=start=100.983333:end=102.983333,scale=160:90:flags=lanczos+accurate_rnd+full_chroma_int,format=yuv420p,transpose=2,setpts=round(PTS-100/TB),subtitles=f=subtitle.ass,setpts=round(PTS+100/TB),setsar=sar=1/1:max=100000,setfield=prog[out]",
    );
  });

  it("makes a constant rate from microseconds since the origin", () => {
    const graph = graphOf(
      orderOf(
        { frameRate: { mode: "constant", numerator: 24, denominator: 1 } },
        {},
        {
          startUs: null,
          grid: {
            rate: { numerator: 24, denominator: 1 },
            originUs: 21_000,
            firstFrame: 10,
            endFrame: 30,
          },
          timescale: 12_288,
        },
      ),
    );
    expect(graph).toBe(
      "[0:v:0]trim=end=102.983333,scale=320:180:flags=lanczos+accurate_rnd+full_chroma_int,format=yuv420p,setsar=1,settb=1/1000000,setpts=PTS-(100020995)[source];" +
        "nullsrc=s=320x180:r=1:d=1,format=yuv420p,setsar=1,settb=1/1000000,setpts=1000000000000[never];" +
        "[source][never]concat=n=2:v=1:a=0,fps=fps=24/1:round=near,trim=start_pts=10:end_pts=30,settb=1/12288,setpts=PTS+(1229058),setsar=sar=1/1:max=100000,setfield=prog[out]",
    );
  });

  it.each([
    ["prores", { mode: "profile", profile: "hq" }, "-profile:v hq"],
    ["dnxhr", { mode: "profile", profile: "sq" }, "-profile:v dnxhr_sq"],
    ["ffv1", { mode: "lossless" }, "-level 3 -g 1"],
    ["vp9", { mode: "quality", quality: 31 }, "-crf 31 -b:v 0"],
    ["x264", { mode: "lossless" }, "-qp 0"],
    ["x265", { mode: "quality", quality: 24.5 }, "-crf 24.5"],
    ["svt-av1", { mode: "bitrate", kilobitsPerSecond: 900.4 }, "-b:v 900k -g"],
    [
      "h264-nvenc",
      { mode: "quality", quality: 24 },
      "-preset p2 -tune hq -forced-idr 1 -rc vbr -cq 24 -b:v 0 -g 60",
    ],
    [
      "hevc-vaapi",
      { mode: "quality", quality: 25 },
      "-idr_interval 0 -rc_mode CQP -qp 25",
    ],
    ["av1-qsv", { mode: "quality", quality: 28 }, "-global_quality 28"],
    ["h264-videotoolbox", { mode: "quality", quality: 42 }, "-q:v 58"],
    [
      "hevc-amf",
      { mode: "bitrate", kilobitsPerSecond: 1000 },
      "-rc vbr_peak -b:v 1000k -maxrate:v 1500k -bufsize:v 3000k",
    ],
  ] as const)("sets %s up for %o", (encoder, rate, part) => {
    const args = segmentArguments(orderOf({}, { encoder, rate }), {
      ...circumstances,
      vaapiDevice: "/dev/dri/renderD128",
    });
    expect(args.join(" ")).toContain(part);
  });

  it("hands HDR10 on in each encoder's notation", () => {
    const hdr = {
      masterDisplay:
        "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)",
      maxCll: "1000,400",
      dynamic: "none",
    } as const;
    const picture = { ...plainOrder.picture, hdr };
    const x265 = segmentArguments(
      orderOf({}, { encoder: "x265" }, { picture }),
      circumstances,
    );
    expect(x265).toContain(
      `log-level=error:info=0:fps=30/1:open-gop=0:repeat-headers=1:hdr10=1:hdr10-opt=1:master-display=${hdr.masterDisplay}:max-cll=1000,400:pools=2`,
    );
    const av1 = segmentArguments(
      orderOf({}, { encoder: "svt-av1" }, { picture }),
      circumstances,
    );
    expect(av1).toContain(
      "fps-num=30:fps-denom=1:mastering-display=G(0.265,0.69)B(0.15,0.06)R(0.68,0.32)WP(0.3127,0.329)L(1000,0.0001):content-light=1000,400:lp=2",
    );
  });

  it("leaves HDR10 out of pictures mapped to SDR", () => {
    const hdr = { masterDisplay: null, maxCll: "1000,400", dynamic: "none" };
    const order = orderOf(
      { tonemap: "hdr-to-sdr" },
      { encoder: "x265" },
      { picture: { ...plainOrder.picture, hdr } as VideoOrder["picture"] },
    );
    expect(segmentArguments(order, circumstances).join(" ")).not.toContain(
      "max-cll",
    );
  });

  it("gives colours the names that encoder options have for them", () => {
    const colour = {
      ...plainOrder.picture.colour,
      primaries: "bt470bg",
      transfer: "bt470bg",
      space: "bt470bg",
    };
    const order = orderOf(
      {},
      {},
      { picture: { ...plainOrder.picture, colour } },
    );
    const text = segmentArguments(order, circumstances).join(" ");
    expect(text).toContain("-color_trc gamma28 -colorspace bt470bg");
    expect(text).toContain("color_trc=bt470bg:colorspace=bt470bg");
  });

  const evil = "x,movie=/etc/passwd";
  it.each([
    ["a colour", { colour: { ...plainOrder.picture.colour, range: evil } }],
    [
      "a mastering display",
      { hdr: { ...plainOrder.picture.hdr, masterDisplay: evil } },
    ],
    ["a light level", { hdr: { ...plainOrder.picture.hdr, maxCll: evil } }],
    ["a width", { width: evil }],
    ["a sample aspect", { sampleAspect: { numerator: evil, denominator: 1 } }],
    ["a field order", { interlaced: true, fieldOrder: evil }],
    ["a rotation", { rotationDegrees: evil }],
  ])("lets no free text through %s", (_, picture) => {
    const order = orderOf(
      { applyRotation: true },
      {},
      {
        picture: {
          ...plainOrder.picture,
          ...picture,
        } as unknown as VideoOrder["picture"],
      },
    );
    expectHarmless(() => segmentArguments(order, circumstances), evil);
  });

  it.each([
    ["effort", evil],
    ["tune", evil],
    ["encoder", evil],
    ["pixelFormat", evil],
    ["keyframeIntervalS", evil],
    ["rate", { mode: "quality", quality: evil }],
    ["rate", { mode: "bitrate", kilobitsPerSecond: evil }],
    ["rate", { mode: "profile", profile: evil }],
    ["rate", { mode: evil }],
  ])("lets no free text through the encode's %s", (name, value) => {
    for (const encoder of ["x264", "x265", "vp9", "prores", "h264-qsv"]) {
      const order = orderOf({}, {
        encoder,
        [name]: value,
      } as unknown as Partial<VideoEncode>);
      expectHarmless(() => segmentArguments(order, circumstances), evil);
    }
  });

  it("refuses a subtitle file with a path or a filter in its name", () => {
    const order = orderOf({ burnSubtitle: 0 }, {}, { burnSubtitle: true });
    for (const subtitleFile of ["../x.ass", "a,b.ass", "a:b.ass", null])
      expect(() =>
        segmentArguments(order, { ...circumstances, subtitleFile }),
      ).toThrow(/refused/);
  });
});

/** Either the order is refused, or the text is nowhere in the arguments. */
function expectHarmless(build: () => string[], text: string): void {
  let args: string[];
  try {
    args = build();
  } catch {
    return;
  }
  expect(args.join(" ")).not.toContain(text);
}
