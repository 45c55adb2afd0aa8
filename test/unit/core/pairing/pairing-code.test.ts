import { describe, expect, it } from "vitest";
import { deviceLabel } from "../../../../src-main/core/pairing/device-label.ts";
import {
  formatPairingCode,
  pairingCodeOf,
  parsePairingCode,
} from "../../../../src-main/core/pairing/pairing-code.ts";

describe("pairing codes", () => {
  it("P6 have six digits, zeros in front kept", () => {
    expect(pairingCodeOf(42)).toBe("000042");
    expect(pairingCodeOf(999_999)).toBe("999999");
    expect(formatPairingCode("000042")).toBe("000 042");
  });

  it("P6 are read however people type them", () => {
    for (const typed of ["000042", "000 042", " 000-042 ", "０００ ０４２"])
      expect(parsePairingCode(typed)).toBe("000042");
    for (const typed of ["", "42", "0000421", "00004x", "0".repeat(50)])
      expect(parsePairingCode(typed)).toBeNull();
  });
});

describe("names of other devices", () => {
  it("P2 cannot hide, break lines, or turn what stands beside them", () => {
    expect(deviceLabel("Ben's\nlaptop")).toBe("Ben's laptop");
    expect(deviceLabel("\u202Egpj.exe\u0007\u200B")).toBe("gpj.exe");
    expect(deviceLabel(" \u0000 ")).toBe("a computer without a name");
    expect(deviceLabel("x".repeat(500))).toHaveLength(64);
    expect(deviceLabel("Büro 🎬")).toBe("Büro 🎬");
  });
});
