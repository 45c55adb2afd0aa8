import { beforeEach, describe, expect, it } from "vitest";
import {
  maxBrowsers,
  type KnownBrowser,
} from "../../../src-main/protocol/known-browser.ts";
import {
  LoginDesk,
  sessionMs,
} from "../../../src-main/ui-server/login-desk.ts";

let kept: readonly KnownBrowser[];
let gone: string[];
let nowMs: number;
let clockMs: number;
let desk: LoginDesk;
beforeEach(() => {
  kept = [];
  gone = [];
  nowMs = 1_000_000;
  clockMs = 0;
  desk = open();
});

function open(): LoginDesk {
  return new LoginDesk({
    shelf: {
      all: () => kept,
      keep: (browsers) => {
        kept = browsers;
        return Promise.resolve();
      },
    },
    onChanged: () => undefined,
    onGone: (id) => gone.push(id),
    nowMs: () => nowMs,
    clockMs: () => clockMs,
  });
}

const enter = (
  code: string,
  address = "192.168.1.30",
  before: string | null = null,
): Promise<string> => desk.logIn({ code, name: "Phone", address }, before);
const wrong = (code: string): string =>
  code === "000000" ? "000001" : "000000";

describe("a login", () => {
  it("by the code shown gives a token that is kept as a hash only", async () => {
    const token = await enter(desk.offer().code);
    expect(desk.find(token)?.name).toBe("Phone");
    expect(JSON.stringify(kept)).not.toContain(token);
    expect(desk.offered).toBe(null);
    // After a restart, too.
    expect(open().find(token)?.id).toBe(kept[0]?.id);
  });

  it("needs a live code: none, used, withdrawn, replaced and old ones let nobody in", async () => {
    await expect(enter("123456")).rejects.toMatchObject({
      code: "pairing-closed",
    });
    const used = desk.offer().code;
    await enter(used);
    await expect(enter(used)).rejects.toMatchObject({ code: "pairing-closed" });
    const { code } = desk.offer();
    desk.withdraw();
    await expect(enter(code)).rejects.toMatchObject({ code: "pairing-closed" });
    const old = desk.offer().code;
    clockMs += 120_000;
    await expect(enter(old)).rejects.toMatchObject({ code: "pairing-closed" });
    expect(kept).toHaveLength(1);
  });

  it("has five tries; the right code comes too late then", async () => {
    const { code } = desk.offer();
    for (const left of [4, 3, 2, 1, 0]) {
      await expect(enter(wrong(code))).rejects.toMatchObject({
        code: "pairing-code-wrong",
      });
      expect(desk.offered?.triesLeft ?? 0).toBe(left);
    }
    await expect(enter(code)).rejects.toMatchObject({ code: "pairing-closed" });
  });

  it("is locked for an address after ten wrong tries, over all codes", async () => {
    for (let n = 0; n < 10; n += 1) {
      const { code } = desk.offer();
      await expect(enter(wrong(code))).rejects.toMatchObject({
        code: "pairing-code-wrong",
      });
    }
    const { code } = desk.offer();
    await expect(enter(code)).rejects.toMatchObject({ code: "pairing-limit" });
    await enter(code, "192.168.1.31");
  });

  it("with what is no code costs no try", async () => {
    const { code, triesLeft } = desk.offer();
    for (const rubbish of ["", "12345", "1234567", "abcdef", "9".repeat(40)])
      await expect(enter(rubbish)).rejects.toMatchObject({ code: "usage" });
    expect(desk.offered?.triesLeft).toBe(triesLeft);
    await enter(`${code.slice(0, 3)} ${code.slice(3)}`);
  });

  it("takes the place of the same browser's earlier one", async () => {
    const first = await enter(desk.offer().code);
    const [before] = kept;
    const second = await enter(desk.offer().code, "192.168.1.30", first);
    expect(second).not.toBe(first);
    expect(desk.find(first)).toBe(null);
    expect(gone).toEqual([before?.id]);
    // A token that is nobody's is not taken over.
    const third = await enter(
      desk.offer().code,
      "192.168.1.30",
      "x".repeat(43),
    );
    expect(third).not.toBe("x".repeat(43));
    expect(desk.find("x".repeat(43))).toBe(null);
    expect(kept).toHaveLength(2);
  });
});

describe("a browser that was let in", () => {
  it("is out when revoked, its lines first", async () => {
    const token = await enter(desk.offer().code);
    const id = kept[0]?.id ?? "";
    const revoked = desk.revoke(id);
    expect([gone, desk.find(token)]).toEqual([[id], null]);
    await revoked;
    await expect(desk.revoke(id)).rejects.toMatchObject({
      code: "device-unknown",
    });
  });

  it("is out when its time is over", async () => {
    const token = await enter(desk.offer().code);
    nowMs += sessionMs - 1;
    expect(desk.find(token)).not.toBe(null);
    nowMs += 1;
    expect(desk.find(token)).toBe(null);
    expect(desk.browsers).toEqual([]);
  });

  it("is forgotten when there are too many, the longest unseen first", async () => {
    for (let n = 0; n < maxBrowsers; n += 1) {
      nowMs += 1_000;
      await enter(desk.offer().code);
    }
    const [first, second] = kept;
    nowMs += 100_000;
    await desk.seen(first?.id ?? "", "192.168.1.40");
    await enter(desk.offer().code);
    expect(kept).toHaveLength(maxBrowsers);
    expect(gone).toEqual([second?.id]);
    expect(kept.find((one) => one.id === first?.id)?.lastAddress).toBe(
      "192.168.1.40",
    );
  });
});
