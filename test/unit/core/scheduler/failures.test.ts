import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../../../src-main/core/errors.ts";
import { judge } from "../../../../src-main/core/scheduler/failures.ts";

describe("S60-S64: what a code means", () => {
  test.each<[ErrorCode, string]>([
    ["source-changed", "fatal"],
    ["recipe-invalid", "fatal"],
    ["output-not-writable", "fatal"],
    ["cut-not-exact", "whole"],
    ["start-not-clean", "innocent"],
    ["cut-failed", "cut"],
    ["disk-full", "hold"],
    ["worker-stopped", "innocent"],
    ["cancelled", "innocent"],
    ["transfer-broken", "network"],
    ["worker-disk-full", "unfit"],
    ["result-too-large", "unfit"],
    ["ffmpeg-missing", "unfit"],
    ["encoder-failed", "worker"],
    ["frame-count-wrong", "worker"],
    ["too-fast", "worker"],
    ["order-refused", "worker"],
    ["peer-broken", "worker"],
    ["stitch-failed", "worker"],
  ])("%s: %s", (code, verdict) => {
    expect(judge(code)).toBe(verdict);
  });
});
