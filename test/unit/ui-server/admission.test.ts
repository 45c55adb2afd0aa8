import { describe, expect, test } from "vitest";
import {
  admitUpgrade,
  isSafeHost,
  sameToken,
  type Admission,
} from "../../../src-main/ui-server/admission.ts";

const token = "0123456789abcdef0123456789abcdef";
const rules = { token, extraOrigins: ["reelfarm://window"] };

function admit(
  headers: Record<string, string>,
  url = "/ui",
): Admission | "admitted" {
  const all = { host: "127.0.0.1:4000", ...headers };
  const admission = admitUpgrade({ headers: all, url }, rules);
  return admission.admitted ? "admitted" : admission;
}

describe("admission to the UI contract", () => {
  test("programs come with a bearer token", () => {
    expect(admit({ authorization: `Bearer ${token}` })).toBe("admitted");
  });

  test("browsers come with the token in the query or as a subprotocol", () => {
    const origin = "http://127.0.0.1:4000";
    expect(admit({ origin }, `/ui?token=${token}`)).toBe("admitted");
    const offered = `reelfarm-ui, reelfarm-token.${token}`;
    expect(admit({ origin, "sec-websocket-protocol": offered })).toBe(
      "admitted",
    );
  });

  test.each([
    ["none", {}],
    ["another", { authorization: `Bearer ${token.slice(1)}0` }],
    ["a shorter one", { authorization: `Bearer ${token.slice(1)}` }],
    ["an empty one", { authorization: "Bearer " }],
    ["another scheme", { authorization: `Basic ${token}` }],
  ])("a wrong token is refused: %s", (_name, headers) => {
    expect(admit(headers)).toMatchObject({ admitted: false, status: 401 });
  });

  test("a wrong bearer token is not mended by a right one in the query", () => {
    expect(
      admit({ authorization: "Bearer wrong" }, `/ui?token=${token}`),
    ).toMatchObject({ status: 401 });
  });

  test.each([
    "http://evil.example",
    "http://127.0.0.1:4001",
    "null",
    "file://",
  ])("a page from %s is refused even with the token", (origin) => {
    expect(admit({ origin }, `/ui?token=${token}`)).toMatchObject({
      status: 403,
      reason: "wrong Origin",
    });
  });

  test("the desktop's own origin is let in", () => {
    expect(admit({ origin: "reelfarm://window" }, `/ui?token=${token}`)).toBe(
      "admitted",
    );
  });

  test("a foreign name that points here is refused (DNS rebinding)", () => {
    const host = "evil.example:4000";
    expect(
      admit({ host, origin: `http://${host}` }, `/ui?token=${token}`),
    ).toMatchObject({ status: 403, reason: "wrong Host" });
  });
});

test.each(["localhost", "LOCALHOST:80", "127.0.0.1", "[::1]:9", "10.0.0.7:1"])(
  "%s is a safe Host",
  (host) => {
    expect(isSafeHost(host)).toBe(true);
  },
);

test.each([
  undefined,
  "",
  "localhost.evil.example",
  "127.0.0.1.nip.io",
  "a@127.0.0.1",
  "127.0.0.1:80:80",
  "[::1",
  "127.0.0.1/x",
  "1",
])("%s is no safe Host", (host) => {
  expect(isSafeHost(host)).toBe(false);
});

test("tokens of different lengths compare without an exception", () => {
  expect(sameToken("a", "ab")).toBe(false);
  expect(sameToken("ab", "ab")).toBe(true);
});
