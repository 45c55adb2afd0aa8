import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatDeviceId,
  parseDeviceId,
} from "../../../src-main/core/device-name.ts";
import type { DeviceId } from "../../../src-main/core/identifiers.ts";

const ids = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString("hex") as DeviceId);

describe("device names", () => {
  it("reads back what it wrote, in any spelling", () => {
    fc.assert(
      fc.property(ids, (id) => {
        const name = formatDeviceId(id);
        expect(name).toMatch(
          /^([0-9A-HJKMNP-TV-Z]{7}-){7}[0-9A-HJKMNP-TV-Z]{7}$/,
        );
        const spellings = [
          name,
          name.toLowerCase(),
          name.replaceAll("-", " "),
          name.replaceAll("1", "l").replaceAll("0", "O"),
          id,
          id.toUpperCase(),
          (id.match(/../g) ?? []).join(":"),
        ];
        for (const spelling of spellings)
          expect(parseDeviceId(spelling)).toBe(id);
      }),
    );
  });

  it("notices every single wrong digit", () => {
    fc.assert(
      fc.property(
        ids,
        fc.nat(55),
        fc.constantFrom(..."0123456789ABCDEFGHJKMNPQRSTVWXYZ"),
        (id, at, digit) => {
          const digits = [...formatDeviceId(id).replaceAll("-", "")];
          fc.pre(digits[at] !== digit);
          digits[at] = digit;
          expect(parseDeviceId(digits.join(""))).toBeNull();
        },
      ),
    );
  });

  it("notices every swap of two digits of a block", () => {
    fc.assert(
      fc.property(ids, fc.nat(3), fc.nat(12), fc.nat(12), (id, block, a, b) => {
        const digits = [...formatDeviceId(id).replaceAll("-", "")];
        const [i, j] = [block * 14 + a, block * 14 + b];
        fc.pre(digits[i] !== digits[j]);
        [digits[i], digits[j]] = [digits[j]!, digits[i]!];
        expect(parseDeviceId(digits.join(""))).toBeNull();
      }),
    );
  });

  it("never throws, and refuses what is no id", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseDeviceId(text)).toBeNull();
      }),
    );
  });
});
