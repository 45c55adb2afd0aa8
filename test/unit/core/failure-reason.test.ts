import { describe, expect, it } from "vitest";

import {
  encodeFailureCode,
  failureReason,
} from "../../../src-main/core/failure-reason.ts";

describe("failureReason", () => {
  it("takes the line that tells, without addresses and paths", () => {
    const tail = `[libx264 @ 0x55e0c0ffee] width not divisible by 2 (321x181)
Error while opening encoder for output stream #0:0 - maybe incorrect parameters
Conversion failed!`;
    expect(failureReason(tail, "exit code 1")).toBe(
      "[libx264] width not divisible by 2 (321x181)",
    );
  });

  it.each([
    "/home/ann/films/secret.mkv: No such file or directory",
    "C:\\Users\\ann\\secret.mkv: No such file or directory",
    "Could not open file:/home/ann/secret.mkv",
    "Failed to open http://10.0.0.7/secret?key=1",
    "Unable to load '/tmp/reelfarm/secret/x.ass'",
  ])("hides what %s names", (line) => {
    expect(failureReason(line, "")).not.toMatch(
      /secret|ann|10\.0|reelfarm|\/|\\/,
    );
  });

  it("falls back when nothing was said, and stays short", () => {
    expect(failureReason("", "exit code 187")).toBe("exit code 187");
    expect(failureReason("a b".repeat(1000), "").length).toBe(200);
  });
});

describe("encodeFailureCode", () => {
  it("tells a full disk and a limit from an encoder that failed", () => {
    expect(encodeFailureCode("av_write: No space left on device")).toBe(
      "worker-disk-full",
    );
    expect(encodeFailureCode("Picture size 99999x99999 exceeds max")).toBe(
      "limit-exceeded",
    );
    expect(encodeFailureCode("Invalid data found")).toBe("encoder-failed");
  });
});
