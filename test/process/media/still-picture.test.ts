import { expect, describe, test } from "vitest";
import { findBinaries } from "../../../src-main/media/binaries.ts";
import { probeSource } from "../../../src-main/media/probe.ts";
import { takeStill } from "../../../src-main/media/still-picture.ts";
import { fixtureSource } from "../../fixtures/sources.ts";

const onPath = await findBinaries({ ffmpeg: "ffmpeg", ffprobe: "ffprobe" });
const packaged = await findBinaries({ env: {} });

describe.each([
  ["of the system", onPath],
  ["of a package", packaged],
])("ffmpeg %s takes a picture", (_, binaries) => {
  const still = async (name: string, canMapHdr = true) => {
    const { file } = await fixtureSource(name, onPath.ffmpeg);
    const facts = await probeSource(binaries, file);
    return takeStill(binaries, file, facts, {
      ...{ atS: 0.4, maxWidthPx: 160, isExact: true, canMapHdr },
    });
  };

  test("of HDR in colours of an ordinary screen", async () => {
    const mapped = await still("hdr10-mkv");
    expect(mapped.jpeg.subarray(0, 3).toString("hex")).toBe("ffd8ff");
    expect(mapped.jpeg).not.toEqual((await still("hdr10-mkv", false)).jpeg);
  });

  test("turned, and of unsquare pixels", async () => {
    const turned = await still("rotation-90");
    expect(turned.heightPx).toBeGreaterThan(turned.widthPx);
    expect(jpegSize(turned.jpeg)).toEqual([turned.widthPx, turned.heightPx]);
    const pal = await still("pal-aspect");
    expect(jpegSize(pal.jpeg)).toEqual([160, 90]);
  });
});

/** Of the frame header (ITU-T T.81, B.2.2). */
function jpegSize(jpeg: Buffer): [number, number] {
  const at = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  return [jpeg.readUInt16BE(at + 7), jpeg.readUInt16BE(at + 5)];
}
