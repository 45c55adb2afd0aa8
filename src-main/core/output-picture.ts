/** The size and shape of the pictures that come out of a recipe's filters. */
import { Failure } from "./errors.ts";
import type { Ratio } from "./media-facts.ts";
import type { PictureFacts } from "./order.ts";
import type { Crop, Fit, VideoFilters } from "./recipe.ts";

export interface OutputPicture {
  readonly width: number;
  readonly height: number;
  readonly sampleAspect: Ratio;
  /** Carried as a tag; 0 where the filters turned the picture. */
  readonly rotationDegrees: 0 | 90 | 180 | 270;
  /** The size asked of the scaler, before any turning; null: the picture is not scaled. */
  readonly scaledTo: { readonly width: number; readonly height: number } | null;
}

/** Smallest side that encoders take. */
const minSide = 16;

type Size = { readonly width: number; readonly height: number };
type Shape = Pick<PictureFacts, "width" | "height" | "sampleAspect">;

/**
 * What the filters make of a picture: crop (of the picture as stored), fit,
 * turn. Sizes are exact; scaled sides are even; aspect is kept by the sample
 * aspect, which stays as it was.
 */
export function outputPicture(
  picture: Shape & Pick<PictureFacts, "rotationDegrees">,
  filters: Pick<VideoFilters, "crop" | "fit" | "applyRotation">,
): OutputPicture {
  const cropped = croppedSize(picture, filters.crop);
  const fitted =
    filters.fit === null
      ? cropped
      : fittedSize(
          { ...cropped, sampleAspect: picture.sampleAspect },
          filters.fit,
        );
  const isScaled =
    fitted.width !== cropped.width || fitted.height !== cropped.height;
  const turns = filters.applyRotation && picture.rotationDegrees % 180 === 90;
  const { numerator, denominator } = picture.sampleAspect;
  return {
    width: turns ? fitted.height : fitted.width,
    height: turns ? fitted.width : fitted.height,
    sampleAspect: turns
      ? { numerator: denominator, denominator: numerator }
      : picture.sampleAspect,
    rotationDegrees: filters.applyRotation ? 0 : picture.rotationDegrees,
    scaledTo: isScaled ? fitted : null,
  };
}

/**
 * The crop in terms of the stored picture. People crop what they see, that is
 * the picture turned clockwise by its rotation.
 */
export function storedCrop(
  crop: Crop,
  rotationDegrees: PictureFacts["rotationDegrees"],
): Crop {
  const { top, right, bottom, left } = crop;
  switch (rotationDegrees) {
    case 0:
      return crop;
    // Seen top was stored left.
    case 90:
      return { left: top, top: right, right: bottom, bottom: left };
    case 180:
      return { top: bottom, right: left, bottom: top, left: right };
    case 270:
      return { right: top, bottom: right, left: bottom, top: left };
  }
}

/**
 * Takes the odd column or row away where the encoder needs sizes that divide
 * by `widthStep` and `heightStep`: cutting one line off is sharper than scaling.
 */
export function evenCrop(
  picture: Shape,
  crop: Crop | null,
  widthStep: number,
  heightStep: number,
): Crop | null {
  const { width, height } = croppedSize(picture, crop);
  const right = width % widthStep;
  const bottom = height % heightStep;
  if (right === 0 && bottom === 0) return crop;
  const from = crop ?? { top: 0, bottom: 0, left: 0, right: 0 };
  return {
    ...from,
    right: from.right + right,
    bottom: from.bottom + bottom,
  };
}

/** @throws Failure recipe-invalid when nothing is left. */
function croppedSize({ width, height }: Shape, crop: Crop | null): Size {
  if (crop === null) return { width, height };
  const left = {
    width: width - crop.left - crop.right,
    height: height - crop.top - crop.bottom,
  };
  if (left.width < minSide || left.height < minSide)
    throw new Failure(
      "recipe-invalid",
      `cropping leaves ${Math.max(0, left.width)}x${Math.max(0, left.height)} of ${width}x${height}`,
    );
  return left;
}

/**
 * The largest even size within the limits, never larger than the picture. The
 * limits are turned with upright pictures, so that 1080p means the same for a
 * phone held either way. Measured in square pixels, as people see it.
 */
function fittedSize(picture: Shape, fit: Fit): Size {
  const aspect =
    picture.sampleAspect.numerator / picture.sampleAspect.denominator;
  const seenWidth = picture.width * Math.max(1, aspect);
  const isUpright = picture.width * aspect < picture.height;
  const isTallBox = fit.maxWidth < fit.maxHeight;
  const [maxWidth, maxHeight] =
    isUpright === isTallBox
      ? [fit.maxWidth, fit.maxHeight]
      : [fit.maxHeight, fit.maxWidth];
  const scale = Math.min(1, maxWidth / seenWidth, maxHeight / picture.height);
  if (scale === 1) return { width: picture.width, height: picture.height };
  return {
    width: evenWithin(picture.width * scale, maxWidth),
    height: evenWithin(picture.height * scale, maxHeight),
  };
}

/** The nearest even number, not above the limit nor below what encoders take. */
function evenWithin(side: number, limit: number): number {
  const nearest = 2 * Math.round(side / 2);
  const most = 2 * Math.floor(limit / 2);
  return Math.max(minSide, Math.min(nearest, most));
}
