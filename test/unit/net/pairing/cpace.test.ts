/**
 * Facts: draft-irtf-cfrg-cpace (April 2026), appendix "Test vector for CPace
 * using group ristretto255 and hash SHA-512", and "prepend_len", as published.
 */
import { describe, expect, it } from "vitest";
import {
  confirmationTags,
  CpaceRun,
  generatorString,
  lengthValues,
  multiplyVerified,
  scalarOf,
} from "../../../../src-main/net/pairing/cpace.ts";

const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replace(/\s/g, ""), "hex"));
const text = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString("hex");
const utf8 = (value: string): Uint8Array => Buffer.from(value, "utf8");

const inputs = {
  secret: utf8("Password"),
  channel: hex("0b415f696e69746961746f720b425f726573706f6e646572"),
  session: hex("7e4b4791d6a8ef019b936c79fb7f2c57"),
};
const ya = hex(
  "da3d23700a9e5699258aef94dc060dfda5ebb61f02a5ea77fad53f4ff0976d08",
);
const yb = hex(
  "d2316b454718c35362d83d69df6320f38578ed5984651435e2949762d900b80d",
);
const a = {
  share: hex(
    "d6bac480f2c386c394efc7c47adb9925dcd2630b64f240c50f8d0eec482b9157",
  ),
  said: utf8("ADa"),
};
const b = {
  share: hex(
    "3ea7e0b19560d7c0b0f5734f63b955286dfa8232b5ebe63324e2d9e7433f7258",
  ),
  said: utf8("ADb"),
};
const isk =
  "b69effbf61b51d56401c0f65601abe428de8206feaaf0e32198896dcae7b35cd" +
  "2b38950a39dfd5d4a79164614c2984f7daa460b588c1e80c3fa2068af7900447";
const scalar = scalarOf(
  hex("7cd0e075fa7955ba52c02759a6c90dbbfc10e6d40aea8d283e407d88cf538a05"),
);

describe("CPace as the draft publishes it", () => {
  it("P4 pads the generator string to a hash block", () => {
    expect(text(generatorString(inputs))).toBe(
      "11435061636552697374726574746f3235350850617373776f726464" +
        "00".repeat(100) +
        "180b415f696e69746961746f720b425f726573706f6e646572" +
        "107e4b4791d6a8ef019b936c79fb7f2c57",
    );
  });

  it("P4 makes both shares", () => {
    expect(text(new CpaceRun(inputs, ya).share)).toBe(text(a.share));
    expect(text(new CpaceRun(inputs, yb).share)).toBe(text(b.share));
  });

  it("P4 agrees on the secret point and the session key", () => {
    const point =
      "80b69a8a76457ab6a4d7f887a4bf6b55a2f80ac19c333f917a05fc9887c8b40f";
    expect(text(multiplyVerified(scalarOf(ya), b.share))).toBe(point);
    expect(text(multiplyVerified(scalarOf(yb), a.share))).toBe(point);
    expect(text(new CpaceRun(inputs, ya).key(a, b))).toBe(isk);
    expect(text(new CpaceRun(inputs, yb).key(a, b))).toBe(isk);
  });

  it("P4 multiplies valid points, and no others", () => {
    const valid = hex(
      "2c3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c",
    );
    const invalid = hex(
      "2b3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c",
    );
    expect(text(multiplyVerified(scalar, valid))).toBe(
      "7c13645fe790a468f62c39beb7388e541d8405d1ade69d1778c5fe3e7f6b600e",
    );
    expect(multiplyVerified(scalar, invalid)).toBeNull();
    expect(multiplyVerified(scalar, new Uint8Array(32))).toBeNull();
  });

  it("P4 writes lengths as LEB128", () => {
    const counting = Uint8Array.from({ length: 128 }, (_, at) => at);
    expect(text(lengthValues(utf8("")))).toBe("00");
    expect(text(lengthValues(utf8("1234")))).toBe("0431323334");
    expect(text(lengthValues(counting.subarray(0, 127)))).toMatch(/^7f0001/);
    expect(text(lengthValues(counting))).toMatch(/^80010001/);
  });
});

describe("a CPace run", () => {
  it("P4 ends at a share that is none, the neutral one, or its own", () => {
    const run = new CpaceRun(inputs, ya);
    for (const share of [
      new Uint8Array(32),
      new Uint8Array(32).fill(255),
      new Uint8Array(31),
      run.share,
    ])
      expect(run.key(a, { ...b, share })).toBeNull();
  });

  it("P4 gives another key for another secret, channel, session or word said", () => {
    const keyOf = (other: Partial<typeof inputs>, said = b.said) => {
      const one = new CpaceRun({ ...inputs, ...other }, ya);
      const two = new CpaceRun(inputs, yb);
      const first = { share: one.share, said: a.said };
      const mine = one.key(first, { share: two.share, said });
      const theirs = two.key(first, { share: two.share, said: b.said });
      return [text(mine), text(theirs)];
    };
    const [same, too] = keyOf({});
    expect(same).toBe(too);
    for (const other of [
      keyOf({ secret: utf8("password") }),
      keyOf({ channel: utf8("x") }),
      keyOf({ session: utf8("x") }),
      keyOf({}, utf8("ADc")),
    ])
      expect(other[0]).not.toBe(other[1]);
  });

  it("P5 has a tag for each side, never the same one", () => {
    const tags = confirmationTags(hex(isk), inputs.session, a, b);
    expect(tags.initiator).toHaveLength(64);
    expect(text(tags.initiator)).not.toBe(text(tags.responder));
    const swapped = confirmationTags(hex(isk), inputs.session, b, a);
    expect(text(swapped.initiator)).toBe(text(tags.responder));
  });
});
