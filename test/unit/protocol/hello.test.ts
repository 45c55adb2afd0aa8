import { describe, expect, it } from "vitest";
import {
  commonVersion,
  helloMessage,
  helloSchema,
} from "../../../src-main/protocol/hello.ts";

describe("the hello", () => {
  it("W5 is read whatever a later version adds", () => {
    const later = {
      reelfarm: {
        lowest: 3,
        highest: 9,
        appVersion: "9.0.0",
        name: "den",
        mood: "good",
      },
      details: { any: ["thing"] },
      news: true,
    };
    expect(helloSchema.parse(later).reelfarm.highest).toBe(9);
  });

  it("W5 survives the wire", () => {
    const local = { appVersion: "1.0.0", name: "x".repeat(500) };
    const session = "0".repeat(32);
    const message = helloMessage(local, { session, resumed: true });
    const read = helloSchema.parse(JSON.parse(JSON.stringify(message)));
    expect(read.reelfarm.name).toHaveLength(128);
    expect(read).toMatchObject({ session, resumed: true });
  });

  it("W6 chooses the highest version both speak", () => {
    const range = (lowest: number, highest: number) => ({ lowest, highest });
    expect(commonVersion(range(1, 3), range(2, 5))).toBe(3);
    expect(commonVersion(range(2, 5), range(1, 3))).toBe(3);
    expect(commonVersion(range(1, 1), range(1, 1))).toBe(1);
    expect(commonVersion(range(1, 1), range(2, 3))).toBeNull();
    expect(commonVersion(range(4, 4), range(2, 3))).toBeNull();
  });

  it.each([
    null,
    [],
    {},
    { reelfarm: { lowest: 0, highest: 1, appVersion: "", name: "" } },
    { reelfarm: { lowest: 1, highest: 1e9, appVersion: "", name: "" } },
    { reelfarm: { lowest: 1, highest: 1, appVersion: 5, name: "" } },
    {
      reelfarm: { lowest: 1, highest: 1, appVersion: "", name: "" },
      session: "../../etc",
    },
  ])("W7 refuses %j", (message) => {
    expect(helloSchema.safeParse(message).success).toBe(false);
  });
});
