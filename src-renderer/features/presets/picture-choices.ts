/** Usual answers to questions about pictures; what a recipe has besides them is offered, too. */
import type {
  Fit,
  FrameRate,
  PixelFormat,
} from "../../../src-main/core/recipe.ts";

const usualFits: readonly Fit[] = [
  { maxWidth: 3840, maxHeight: 2160 },
  { maxWidth: 2560, maxHeight: 1440 },
  { maxWidth: 1920, maxHeight: 1080 },
  { maxWidth: 1280, maxHeight: 720 },
  { maxWidth: 1024, maxHeight: 576 },
  { maxWidth: 854, maxHeight: 480 },
];

const usualRates: readonly (readonly [number, number])[] = [
  [24_000, 1001],
  [24, 1],
  [25, 1],
  [30_000, 1001],
  [30, 1],
  [50, 1],
  [60_000, 1001],
  [60, 1],
];

/** `source` or `1920x1080`. */
export function fitKey(fit: Fit | null): string {
  return fit === null ? "source" : `${fit.maxWidth}x${fit.maxHeight}`;
}

/** The fits to choose from, with the one there is. */
export function fitChoices(current: Fit | null): readonly (Fit | null)[] {
  const known = usualFits.some((one) => fitKey(one) === fitKey(current));
  return known || current === null
    ? [null, ...usualFits]
    : [null, current, ...usualFits];
}

/** `source` or `24000/1001`. */
export function rateKey(rate: FrameRate): string {
  return rate.mode === "source"
    ? "source"
    : `${rate.numerator}/${rate.denominator}`;
}

/** The frame rates to choose from, with the one there is. */
export function rateChoices(current: FrameRate): readonly FrameRate[] {
  const usual: FrameRate[] = [
    { mode: "source" },
    ...usualRates.map(
      ([numerator, denominator]) =>
        ({ mode: "constant", numerator, denominator }) as const,
    ),
  ];
  const known = usual.some((one) => rateKey(one) === rateKey(current));
  return known ? usual : [...usual, current];
}

/** `yuv420p10le` → `10 bit, 4:2:0` */
export function depthName(format: Exclude<PixelFormat, "source">): string {
  const sampling = /\d{3}/.exec(format)?.[0] ?? "";
  const bits = format.endsWith("10le") ? 10 : 8;
  return `${bits} bit, ${[...sampling].join(":")}`;
}
