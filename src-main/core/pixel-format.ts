/** What a pixel format holds, and the nearest one an encoder takes. */
import type { ConcretePixelFormat } from "./encoder-traits.ts";

export interface PixelLayout {
  readonly bitDepth: number;
  /** Chroma resolution, from none to full. */
  readonly chroma: "gray" | "420" | "422" | "444";
  readonly alpha: boolean;
  readonly rgb: boolean;
}

export interface ChosenPixelFormat {
  readonly pixelFormat: ConcretePixelFormat;
  /** What is lost on the way, as clauses for people; empty: nothing. */
  readonly losses: readonly string[];
}

const fullness = { gray: 0, "420": 1, "422": 2, "444": 3 } as const;

/**
 * Reads ffmpeg's name of a pixel format: family, chroma, depth, byte order.
 * Source: the naming of libavutil/pixdesc.c. 4:1:1 and 4:1:0 count as 4:2:2 and
 * 4:2:0 (the nearest that holds them), 4:4:0 as 4:4:4.
 */
export function pixelLayout(name: string): PixelLayout {
  const plain = name.replace(/(le|be)$/, "");
  const rgb = /^(gbr|rgb|bgr|argb|abgr|0rgb|0bgr|pal8|bayer|xyz)/.test(plain);
  const alpha = /^(yuva|gbrap|rgba|bgra|argb|abgr|ya|pal8|ayuv|vuya)/.test(
    plain,
  );
  return {
    bitDepth: depthOf(plain),
    chroma: rgb ? "444" : chromaOf(plain),
    alpha,
    rgb,
  };
}

/**
 * The supported format that loses least: first no depth, then no chroma, then
 * the smallest that suffices.
 */
export function nearestPixelFormat(
  source: string,
  supported: readonly ConcretePixelFormat[],
): ChosenPixelFormat {
  const from = pixelLayout(source);
  const cost = (format: ConcretePixelFormat): number => {
    const to = pixelLayout(format);
    const depth = to.bitDepth - from.bitDepth;
    const chroma = fullness[to.chroma] - fullness[from.chroma];
    return (
      (depth < 0 ? -1000 * depth : 10 * depth) +
      (chroma < 0 ? -100 * chroma : chroma)
    );
  };
  const [first, ...others] = supported;
  if (first === undefined) throw new Error("bug: an encoder without formats");
  const pixelFormat = others.reduce(
    (best, format) => (cost(format) < cost(best) ? format : best),
    first,
  );
  return { pixelFormat, losses: lossesBetween(source, pixelFormat) };
}

/** What a conversion loses, as clauses for people. */
export function lossesBetween(
  source: string,
  target: ConcretePixelFormat,
): string[] {
  const from = pixelLayout(source);
  const to = pixelLayout(target);
  const losses: string[] = [];
  if (to.bitDepth < from.bitDepth)
    losses.push(`${from.bitDepth} bit become ${to.bitDepth} bit`);
  if (from.rgb) losses.push("RGB becomes YUV");
  if (fullness[to.chroma] < fullness[from.chroma])
    losses.push(
      `4:${spaced(from.chroma)} colour becomes 4:${spaced(to.chroma)}`,
    );
  if (from.alpha) losses.push("transparency is dropped");
  return losses;
}

const spaced = (chroma: PixelLayout["chroma"]): string =>
  chroma === "gray" ? "0:0" : `${chroma[1]}:${chroma[2]}`;

function depthOf(plain: string): number {
  if (/^p[024](10|12|16)$/.test(plain)) return Number(plain.slice(2));
  if (/^(y210|x2rgb10|x2bgr10|v30x|xv30|nv20)$/.test(plain)) return 10;
  if (/^(y212|xv36|xyz12)$/.test(plain)) return 12;
  if (/^(rgb48|bgr48|rgba64|bgra64)$|f(16|32)$/.test(plain)) return 16;
  const digits = /(?:p|gray|ya)(9|10|12|14|16)$/.exec(plain)?.[1];
  return digits === undefined ? 8 : Number(digits);
}

function chromaOf(plain: string): PixelLayout["chroma"] {
  if (/^(gray|ya\d|mono)/.test(plain)) return "gray";
  if (
    /^yuv[aj]?4(44|40)|^(nv24|nv42|p4\d\d|ayuv|vuya|xv30|xv36|v30x)/.test(plain)
  )
    return "444";
  if (/^yuv[aj]?4(22|11)|^(nv16|nv20|p2\d\d|yuyv|uyvy|yvyu|y21\d)/.test(plain))
    return "422";
  return "420";
}
