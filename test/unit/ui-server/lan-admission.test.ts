import { describe, expect, it } from "vitest";
import {
  cookieLine,
  cookieName,
  isPlace,
  tokenIn,
  wrongPlace,
} from "../../../src-main/ui-server/lan-admission.ts";

const place = {
  hosts: new Set(["192.168.1.20", "fd00::20", "studio", "studio.local"]),
  port: 47_601,
};

describe("Host", () => {
  it.each([
    "192.168.1.20:47601",
    "[fd00::20]:47601",
    "studio:47601",
    "Studio.local:47601",
  ])("%s is ours", (host) => {
    expect(isPlace(host, place)).toBe(true);
  });

  it.each([
    undefined,
    "",
    "192.168.1.20",
    "192.168.1.20:443",
    "192.168.1.21:47601",
    "127.0.0.1:47601",
    "localhost:47601",
    "studio.evil.example:47601",
    "evil.example:47601",
    "studio:47601@evil.example",
    "studio:47601/x",
    "x".repeat(400),
  ])("%s is not", (host) => {
    expect(isPlace(host, place)).toBe(false);
  });

  it("leaves out the usual port", () => {
    expect(isPlace("studio", { ...place, port: 443 })).toBe(true);
  });
});

describe("Origin", () => {
  const host = "studio:47601";
  it.each([
    ["https://studio:47601", true, null],
    [undefined, false, null],
    [undefined, true, "wrong Origin"],
    ["null", true, "wrong Origin"],
    ["http://studio:47601", true, "wrong Origin"],
    ["https://studio", true, "wrong Origin"],
    ["https://192.168.1.20:47601", true, "wrong Origin"],
    ["https://evil.example", false, "wrong Origin"],
  ] as const)("%s, must be told: %s", (origin, mustTell, wrong) => {
    const headers = origin === undefined ? { host } : { host, origin };
    expect(wrongPlace(headers, place, mustTell)).toBe(wrong);
  });

  it("does not help a foreign Host", () => {
    const headers = { host: "evil:47601", origin: "https://evil:47601" };
    expect(wrongPlace(headers, place, true)).toBe("wrong Host");
  });
});

describe("the cookie", () => {
  const name = cookieName("ab".repeat(32));
  const token = "A".repeat(43);

  it("is for this host, TLS and its own pages alone, and no script's", () => {
    expect(name).toBe("__Host-reelfarm-abababab");
    const parts = cookieLine(name, token, 60).split("; ");
    expect(parts).toEqual([
      `${name}=${token}`,
      "Path=/",
      "Max-Age=60",
      "Secure",
      "HttpOnly",
      "SameSite=Strict",
    ]);
  });

  it("is read among others, and only as the one it is", () => {
    expect(tokenIn({ cookie: `a=b; ${name}=${token}; c=d` }, name)).toBe(token);
    for (const cookie of [
      undefined,
      "",
      `${name}=`,
      `${name}=short`,
      `x${name}=${token}`,
      `${name}=${token}; ${name}=${"B".repeat(43)}`,
      `${name}=${token.slice(1)};`,
      `${name}=${"ü".repeat(43)}`,
    ])
      expect(tokenIn({ cookie }, name), cookie).toBe(null);
  });
});
