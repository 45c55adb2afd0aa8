/** Asks ffprobe what a source is made of, and refuses what cannot be a source. */
import { open, stat } from "node:fs/promises";

import { Failure } from "../core/errors.ts";
import { probeArguments } from "../core/ffmpeg-arguments/cut.ts";
import type { MediaFacts } from "../core/media-facts.ts";
import type { Binaries } from "./binaries.ts";
import { factsOfReport } from "./probe-report.ts";
import { maxPixelsArguments, readTool } from "./process.ts";

/** Demuxers that open other files or addresses, or are scripts. */
const playlistFormats: ReadonlySet<string> = new Set(
  "hls applehttp concat concatf ffconcat dash sdp rtsp imf webm_dash_manifest avisynth vapoursynth lavfi image2 image2pipe tty ffmetadata".split(
    " ",
  ),
);
/** First words of text files that ffmpeg would follow elsewhere. */
const playlistStarts =
  /^(#EXTM3U|ffconcat\b|#\s*ffconcat|\[playlist\]|file\s+['"/.\w]|<\?xml|<MPD\b|<smil\b|<asx\b|v=0\s|\[Reference\]|RTSPtext)/i;
const headBytes = 1024;
const probeTimeoutMs = 60_000;

/**
 * Probes a source by its path on this machine. The path is never taken as an
 * address, and a file that names others is refused.
 *
 * @throws Failure `source-missing`, `source-unreadable`, `not-media`,
 * `playlist-refused`, `source-truncated`, `source-encrypted`,
 * `codec-unsupported`; the signal's reason on abort.
 */
export async function probeSource(
  binaries: Binaries,
  path: string,
  signal?: AbortSignal,
): Promise<MediaFacts> {
  const sizeBytes = await checkFile(path);
  const report = await runProbe(binaries, path, probeArguments.streams, signal);
  const bare = factsOfReport(report.json, null, sizeBytes);
  if (!bare || report.code !== 0) throw whyNot(path, report.stderr);
  if (playlistFormats.has(bare.format.split(",")[0]!))
    throw new Failure("playlist-refused", path);
  if (!bare.video && bare.audio.length === 0)
    throw new Failure("not-media", path);
  if (isEncrypted(report.json)) throw new Failure("source-encrypted", path);
  if (!bare.video) return bare;
  const { index, codec } = bare.video;
  for (const packets of firstFramePackets) {
    const entries = probeArguments.firstFrame(index, packets);
    const frame = await runProbe(binaries, path, entries, signal);
    if (frame.hasFrames)
      return factsOfReport(report.json, frame.json, sizeBytes) ?? bare;
    if (packets === firstFramePackets.at(-1))
      throw undecodable(path, codec, frame.stderr);
  }
  return bare;
}

/** Mostly the first packet gives a frame; an edit list or a start inside a group of pictures may discard some hundred. */
const firstFramePackets = [2, 600];

async function checkFile(path: string): Promise<number> {
  let handle;
  try {
    const { size, ...stats } = await stat(path);
    if (!(stats.mode & 0o100000)) throw new Failure("not-media", path);
    handle = await open(path, "r");
    const head = Buffer.alloc(headBytes);
    const { bytesRead } = await handle.read(head, 0, headBytes, 0);
    if (bytesRead === 0) throw new Failure("not-media", path);
    const text = head
      .toString("latin1", 0, bytesRead)
      .replace(/^\xef\xbb\xbf/, "");
    if (playlistStarts.test(text.trimStart()))
      throw new Failure("playlist-refused", path);
    return size;
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const code = (cause as NodeJS.ErrnoException).code;
    const isMissing = code === "ENOENT" || code === "ENOTDIR";
    throw new Failure(
      isMissing ? "source-missing" : "source-unreadable",
      path,
      { cause },
    );
  } finally {
    await handle?.close();
  }
}

interface ProbeRun {
  readonly code: number | null;
  readonly json: unknown;
  readonly hasFrames: boolean;
  readonly stderr: string;
}

async function runProbe(
  binaries: Binaries,
  path: string,
  entries: readonly string[],
  signal: AbortSignal | undefined,
): Promise<ProbeRun> {
  const { stdout, exit } = await readTool(
    binaries.ffprobe,
    [
      ...["-v", "error", ...maxPixelsArguments],
      ...["-protocol_whitelist", "file", "-of", "json"],
      ...entries,
      ...["-i", `file:${path}`],
    ],
    { signal, timeoutMs: probeTimeoutMs },
  );
  let json: unknown = null;
  try {
    json = JSON.parse(stdout);
  } catch {
    // Nothing, or half an answer: the exit code and stderr tell why.
  }
  const frames = (json as { frames?: unknown } | null)?.frames;
  return {
    code: exit.code,
    json,
    hasFrames: Array.isArray(frames) && frames.length > 0,
    stderr: exit.stderrTail,
  };
}

/** Common encryption (ISO/IEC 23001-7): headers are readable, decoders make noise of the rest or nothing. */
function isEncrypted(report: unknown): boolean {
  const { packets } = report as { packets?: unknown };
  return JSON.stringify(packets ?? []).includes('"Encryption info"');
}

function whyNot(path: string, stderr: string): Failure {
  if (/moov atom not found/.test(stderr))
    return new Failure("source-truncated", path);
  if (/not on whitelist/i.test(stderr))
    return new Failure("playlist-refused", path);
  if (/Permission denied|Input\/output error/.test(stderr))
    return new Failure("source-unreadable", path);
  return new Failure("not-media", path);
}

/** A first frame that does not come is the codec's fault only where ffmpeg says so. */
function undecodable(path: string, codec: string, stderr: string): Failure {
  const isForeign =
    codec === "unknown" ||
    /Unsupported codec|no decoder|Decoder .* not found|could not find codec/i.test(
      stderr,
    );
  return isForeign
    ? new Failure("codec-unsupported", `${path} (${codec})`)
    : new Failure("source-damaged", `no picture of ${path} can be decoded`);
}
