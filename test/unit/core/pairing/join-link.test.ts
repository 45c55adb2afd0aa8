import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DeviceId } from "../../../../src-main/core/identifiers.ts";
import {
  formatJoinLink,
  parseJoinLink,
} from "../../../../src-main/core/pairing/join-link.ts";

const masterId = "0123456789abcdef".repeat(4) as DeviceId;
const token = "00112233445566778899aabbccddeeff";
const link = {
  masterId,
  addresses: [
    { host: "192.168.1.20", port: 47600 },
    { host: "2001:db8::1", port: 1 },
    { host: "studio.local", port: 65535 },
  ],
  token,
};

describe("join links", () => {
  it("P10 are read back as they were written", () => {
    expect(parseJoinLink(formatJoinLink(link))).toEqual(link);
    expect(parseJoinLink(`  ${formatJoinLink(link)}\n`)).toEqual(link);
    expect(formatJoinLink(link)).toMatch(
      /^reelfarm:\/\/join\?master=[0-9A-Z]{56}&at=192\.168\.1\.20%3A47600&/,
    );
  });

  it("P10 of later versions may say more", () => {
    expect(parseJoinLink(`${formatJoinLink(link)}&farm=home`)).toEqual(link);
  });

  it("P10 with a part missing, twice or mistyped are none", () => {
    const whole = formatJoinLink(link);
    const broken = [
      "",
      "reelfarm://join?",
      whole.replace("reelfarm:", "https:"),
      whole.replace("join", "leave"),
      whole.replace(/master=[^&]*&/, ""),
      whole.replace(/master=./, "master=Z"),
      whole.replace(/&token=.*/, ""),
      whole.slice(0, -1),
      whole.replace(token, token.toUpperCase()),
      `${whole}&token=${token}`,
      `${whole}&at=host`,
      `${whole}&at=host:0`,
      `${whole}&at=host:65536`,
      `${whole}&at=a%20b:80`,
      `${whole}&at=user@host:80`,
      `${whole}&at=h:1&at=h:2`,
      whole.replaceAll(/at=[^&]*&/g, ""),
      `${whole}&x=%`,
      `${whole}&x=${"y".repeat(3000)}`,
    ];
    for (const text of broken) expect(parseJoinLink(text)).toBeNull();
  });

  it("P10 whatever is typed, reading ends without an error", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseJoinLink(text);
        parseJoinLink(`reelfarm://join?${text}`);
      }),
    );
  });
});
