import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { findBinaries } from "../../../src-main/media/binaries.ts";
import { probeSource } from "../../../src-main/media/probe.ts";
import { fixtureSource } from "../../fixtures/sources.ts";

const onPath = await findBinaries({ ffmpeg: "ffmpeg", ffprobe: "ffprobe" });
const packaged = await findBinaries({ env: {} });

const probed = async (name: string, binaries = onPath) =>
  probeSource(binaries, (await fixtureSource(name, onPath.ffmpeg)).file);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "reelfarm-probe-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each([
  ["of the system", onPath],
  ["of a package", packaged],
])("ffprobe %s tells", (_, binaries) => {
  test("HDR10 from stream or first frame, in x265's notation", async () => {
    for (const name of ["hdr10-mkv", "hdr10-mp4"]) {
      const { video } = await probed(name, binaries);
      expect(video).toMatchObject({
        codec: "hevc",
        bitDepth: 10,
        pixelFormat: "yuv420p10le",
        colour: {
          primaries: "bt2020",
          transfer: "smpte2084",
          space: "bt2020nc",
        },
        hdr: {
          masterDisplay:
            "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)",
          maxCll: "1000,400",
          dynamic: "none",
        },
      });
    }
  });

  test("rotation, aspect and colour", async () => {
    const rotated = await probed("rotation-90", binaries);
    // The muxer writes "rotate=90" as a matrix that players turn counter-clockwise.
    expect(rotated.video?.rotationDegrees).toBe(270);
    const pal = await probed("pal-aspect", binaries);
    expect(pal.video).toMatchObject({
      sampleAspect: { numerator: 64, denominator: 45 },
      colour: { primaries: "bt470bg", transfer: "bt470bg", range: "tv" },
    });
  });

  test("every stream, chapter and attachment with its words", async () => {
    const facts = await probed("everything", binaries);
    expect(facts.audio.map(({ language, title }) => [language, title])).toEqual(
      [
        ["eng", null],
        ["ger", "Kommentar"],
      ],
    );
    expect(
      facts.subtitles.map(({ codec, form, language, isForced }) => [
        codec,
        form,
        language,
        isForced,
      ]),
    ).toEqual([
      ["subrip", "text", "eng", false],
      ["ass", "text", "fre", true],
    ]);
    expect(facts.chapters).toEqual([
      { startS: 0, endS: 4, title: "One" },
      { startS: 4, endS: 12, title: "Two" },
    ]);
    expect(facts.attachments).toMatchObject([
      { fileName: "font.ttf", mimeType: "application/x-truetype-font" },
    ]);
    expect(Object.values(facts.tags)).toContain("A title");
  });

  test("covers from videos", async () => {
    const song = await probed("cover-mp3", binaries);
    expect(song.video).toBeNull();
    expect(song.covers).toEqual([{ index: 1, codec: "mjpeg" }]);
    const film = await probed("two-videos-cover-first", binaries);
    expect(film.covers).toEqual([{ index: 0, codec: "mjpeg" }]);
    expect(film.video).toMatchObject({ index: 1, codec: "h264", width: 320 });
    expect(film.otherVideoCount).toBe(1);
  });

  test("a frame of a file whose edit list hides the first ones", async () => {
    const { video } = await probed("edit-list", binaries);
    expect(video?.codec).toBe("h264");
  });
});

test("interlaced material is known by its stream or its frames", async () => {
  expect((await probed("mpeg2-interlaced")).video?.fieldOrder).toBe("tt");
  expect((await probed("h264-mbaff")).video?.fieldOrder).toBe("tt");
  expect((await probed("closed-mp4")).video?.fieldOrder).toBe("progressive");
});

describe("refused is", () => {
  const refusal = (file: string) => expect(probeSource(onPath, file)).rejects;
  const written = async (name: string, text: string): Promise<string> => {
    const file = path.join(folder, name);
    await writeFile(file, text);
    return file;
  };

  test("what is not there, or no file", async () => {
    await refusal(path.join(folder, "none.mp4")).toMatchObject({
      code: "source-missing",
    });
    await refusal(folder).toMatchObject({ code: "not-media" });
    await refusal(await written("empty.mp4", "")).toMatchObject({
      code: "not-media",
    });
  });

  test.each([
    ["hls.mp4", "#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:1,\nsecret.ts\n"],
    ["concat.mkv", "ffconcat version 1.0\nfile secret.ts\n"],
    ["list.txt", "file 'secret.ts'\n"],
    ["mark.mkv", "\ufeff  #EXTM3U\nsecret.ts\n"],
    ["dash.mpd", "<?xml version='1.0'?><MPD></MPD>"],
    ["session.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\n"],
  ])("a playlist in disguise: %s", async (name, text) => {
    await refusal(await written(name, text)).toMatchObject({
      code: "playlist-refused",
    });
  });

  test("a path is never an address", async () => {
    await refusal("http://127.0.0.1:9/a.mp4").toMatchObject({
      code: "source-missing",
    });
    await refusal("concat:a.ts|b.ts").toMatchObject({ code: "source-missing" });
  });

  test("a file without its index, or without media", async () => {
    await expect(probed("mp4-no-moov")).rejects.toMatchObject({
      code: "source-truncated",
    });
    await expect(probed("not-media")).rejects.toMatchObject({
      code: "not-media",
    });
  });

  test.each(["encrypted-mp4", "encrypted-m4a"])("%s", async (name) => {
    for (const binaries of [onPath, packaged])
      await expect(probed(name, binaries)).rejects.toMatchObject({
        code: "source-encrypted",
      });
  });

  test("not a link to a real file", async () => {
    const { file } = await fixtureSource("closed-mp4", onPath.ffmpeg);
    const link = path.join(folder, "a film: part 1%d.mp4");
    await symlink(file, link);
    expect((await probeSource(onPath, link)).video?.codec).toBe("h264");
  });
});
