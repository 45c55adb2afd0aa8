import { describe, expect, it } from "vitest";
import {
  AddressTries,
  networkOf,
} from "../../../../src-main/core/pairing/address-tries.ts";

describe("tries per address", () => {
  it("P8 takes an IPv6 /64 for one address, and IPv4 in IPv6 clothes for IPv4", () => {
    expect(networkOf("::ffff:192.168.1.7")).toBe("192.168.1.7");
    expect(networkOf("192.168.1.7")).toBe("192.168.1.7");
    expect(networkOf("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2");
    expect(networkOf("2001:DB8:1:2::6")).toBe("2001:db8:1:2");
    expect(networkOf("2001:db8::6")).toBe("2001:db8:0:0");
    expect(networkOf("fe80::1:2:3:4%eth0")).toBe(networkOf("fe80::9"));
    expect(networkOf("::1")).toBe("0:0:0:0");
  });

  it("P8 forgets the network that tried longest ago, never more than it must", () => {
    const tries = new AddressTries(1, 1000);
    tries.add("10.0.0.1", 0);
    for (let n = 0; n < 1023; n += 1) tries.add(`10.1.${n >> 8}.${n & 255}`, 1);
    expect(tries.isLocked("10.0.0.1", 2)).toBe(true);
    tries.add("10.2.0.1", 2);
    expect(tries.isLocked("10.0.0.1", 3)).toBe(false);
    expect(tries.isLocked("10.1.0.0", 3)).toBe(true);
  });
});
