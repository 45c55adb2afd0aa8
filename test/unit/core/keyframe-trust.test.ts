import { expect, test } from "vitest";

import { KeyframeTrust } from "../../../src-main/core/keyframe-trust.ts";

test("a keyframe that was not clean is not tried again", () => {
  const trust = new KeyframeTrust();
  trust.noteUnclean(4);
  expect(trust.allows(4)).toBe(false);
  expect(trust.allows(5)).toBe(true);
});

test("sources without clean keyframes are not tried for ever, others are", () => {
  const open = new KeyframeTrust();
  const mixed = new KeyframeTrust();
  for (let n = 0; n < 3; n += 1) {
    open.noteUnclean(n);
    mixed.noteUnclean(n);
  }
  mixed.noteClean();
  expect(open.allows(9)).toBe(false);
  expect(mixed.allows(9)).toBe(true);
});

test("after a part that came out wrong none is trusted", () => {
  const trust = new KeyframeTrust();
  trust.noteClean();
  trust.lose();
  expect(trust.allows(1)).toBe(false);
});
