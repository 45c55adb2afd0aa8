import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ProgressReader } from "../../../src-main/core/ffmpeg-progress.ts";
import { StderrTail } from "../../../src-main/media/stderr-tail.ts";

/** As ffmpeg 7.0 wrote it, with two of its messages among it. */
const real = `frame=0
fps=0.00
stream_0_0_q=0.0
bitrate=N/A
total_size=0
out_time_us=N/A
out_time_ms=N/A
out_time=N/A
dup_frames=0
drop_frames=0
speed=N/A
progress=continue
[h264 @ 0x55d1] error while decoding MB 3 4, bytestream -5
frame=61
fps=54.49
stream_0_0_q=29.0
bitrate=   0.1kbits/s
total_size=1024
out_time_us=101966667
out_time_ms=101966667
out_time=00:01:41.966667
dup_frames=0
drop_frames=0
speed=  91x
progress=continue
[out#0/mp4 @ 0x55d2] a message
frame=120
fps=60.00
stream_0_0_q=-1.0
bitrate=   4.3kbits/s
total_size=55087
out_time_us=103966667
out_time_ms=103966667
out_time=00:01:43.966667
dup_frames=0
drop_frames=0
speed=51.9x
progress=end
`;

function readIn(pieces: readonly string[]): {
  states: number[][];
  tail: string;
} {
  const reader = new ProgressReader();
  const states: number[][] = [];
  const tail = new StderrTail({
    takeStderrLine: (line) => {
      const { isProgress, progress } = reader.read(line);
      if (progress)
        states.push([progress.frames, progress.fps, progress.outBytes]);
      return isProgress;
    },
  });
  for (const piece of pieces) tail.push(Buffer.from(piece));
  return { states, tail: tail.end() };
}

describe("ProgressReader", () => {
  it("gives the same states however the output was split", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: real.length - 1 }), {
          maxLength: 40,
        }),
        (places) => {
          const cuts = [0, ...places.sort((a, b) => a - b), real.length];
          const pieces = cuts
            .slice(1)
            .map((end, index) => real.slice(cuts[index], end));
          expect(readIn(pieces)).toEqual({
            states: [
              [0, 0, 0],
              [61, 54.49, 1024],
              [120, 60, 55_087],
            ],
            tail: "[h264 @ 0x55d1] error while decoding MB 3 4, bytestream -5\n[out#0/mp4 @ 0x55d2] a message",
          });
        },
      ),
    );
  });

  it("takes no message for progress", () => {
    const reader = new ProgressReader();
    for (const line of ["frame rate=30", "[x] frame=7", "Error: frame=9", ""])
      expect(reader.read(line)).toEqual({ isProgress: false, progress: null });
    expect(reader.last.frames).toBe(0);
  });
});
