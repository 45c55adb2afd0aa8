import { describe, expect, test } from "vitest";
import {
  isSameSubnet,
  parseIp,
  reachOf,
} from "../../../../src-main/core/discovery/ip-address.ts";

const reach = (text: string): string | null => {
  const ip = parseIp(text);
  return ip && reachOf(ip);
};

describe("addresses", () => {
  test.each([
    ["10.1.2.3", "private"],
    ["172.31.0.1", "private"],
    ["172.32.0.1", "public"],
    ["100.64.0.1", "private"],
    ["169.254.1.1", "link-local"],
    ["127.0.0.1", "loopback"],
    ["224.0.0.251", "unusable"],
    ["0.0.0.0", "unusable"],
    ["::1", "loopback"],
    ["::", "unusable"],
    ["fe80::1%eth0", "link-local"],
    ["fd00::1", "private"],
    ["2001:db8::1", "public"],
    ["ff02::fb", "unusable"],
    ["::ffff:10.0.0.1", "public"],
  ])("%s is %s", (text, expected) => {
    expect(reach(text)).toBe(expected);
  });

  test.each([
    "1.2.3",
    "1.2.3.256",
    "1.2.3.4%eth0",
    "1::2::3",
    "12345::",
    "g::",
    "1:2:3:4:5:6:7:8:9",
    "",
  ])("%o is none", (text) => {
    expect(parseIp(text)).toBeNull();
  });

  test.each([
    ["10.0.0.1", "10.0.0.254", 24, true],
    ["10.0.0.1", "10.0.1.1", 24, false],
    ["10.0.0.1", "10.0.1.1", 23, true],
    ["10.0.0.1", "::1", 0, false],
    ["fd00::1", "fd00::2", 64, true],
  ])("%s and %s in /%i: %s", (one, other, bits, expected) => {
    const [a, b] = [parseIp(one), parseIp(other)];
    expect(a && b && isSameSubnet(a, b, bits)).toBe(expected);
  });
});
