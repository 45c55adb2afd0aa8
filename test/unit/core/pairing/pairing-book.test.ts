import { beforeEach, describe, expect, it } from "vitest";
import type { DeviceId } from "../../../../src-main/core/identifiers.ts";
import { PairingBook } from "../../../../src-main/core/pairing/pairing-book.ts";

const limits = {
  codeMs: 120_000,
  linkMs: 3_600_000,
  triesPerCode: 5,
  triesPerAddress: 10,
  addressWindowMs: 600_000,
  answerMs: 120_000,
};
const visitor = (address = "10.0.0.2") => ({
  deviceId: "ab".repeat(32) as DeviceId,
  name: "laptop",
  address,
});
const code = (name: string) => expect.objectContaining({ code: name });

describe("a master's pairing book", () => {
  let book: PairingBook;
  beforeEach(() => (book = new PairingBook(limits)));

  const failOnce = (nowMs: number, address?: string) => {
    const { visit, offer } = book.begin("code", visitor(address), nowMs);
    book.end(visit.number);
    return offer.triesLeft;
  };

  it("P1 lets nobody try when nothing is offered", () => {
    expect(() => book.begin("code", visitor(), 0)).toThrow(
      code("pairing-closed"),
    );
    book.offer("link", "00", false, 0);
    expect(() => book.begin("code", visitor(), 0)).toThrow(
      code("pairing-closed"),
    );
  });

  it("P6 an offer lives until its time, not a moment longer", () => {
    book.offer("code", "123456", false, 1000);
    expect(book.offers(120_999)).toHaveLength(1);
    expect(book.offers(121_000)).toHaveLength(0);
    book.offer("link", "00", false, 0);
    expect(book.offers(3_599_999)).toHaveLength(1);
    expect(book.offers(3_600_000)).toHaveLength(0);
  });

  it("P6 a code that ends while somebody is at it does not count any more", () => {
    book.offer("code", "123456", false, 0);
    const { visit, offer } = book.begin("code", visitor(), 119_999);
    expect(() => book.prove(visit, offer, 120_000)).toThrow(
      code("pairing-closed"),
    );
  });

  it("P6 a code that was right is used up", () => {
    book.offer("code", "123456", false, 0);
    const { visit, offer } = book.begin("code", visitor(), 1);
    expect(book.prove(visit, offer, 2).state).toBe("entering");
    book.end(visit.number);
    expect(book.offers(3)).toHaveLength(0);
  });

  it("P6 a newer code ends the visit of the older one", () => {
    book.offer("code", "123456", false, 0);
    const { visit, offer } = book.begin("code", visitor(), 1);
    book.offer("code", "654321", false, 2);
    expect(() => book.prove(visit, offer, 3)).toThrow(code("pairing-closed"));
    book.end(visit.number);
    expect(book.offers(4)[0]?.triesLeft).toBe(5);
  });

  it("P7 five tries, then the code is dead", () => {
    book.offer("code", "123456", false, 0);
    expect([1, 2, 3, 4, 5].map((nowMs) => failOnce(nowMs))).toEqual([
      4, 3, 2, 1, 0,
    ]);
    expect(() => book.begin("code", visitor(), 6)).toThrow(
      code("pairing-closed"),
    );
  });

  it("P7 the last try may be the right one", () => {
    book.offer("code", "123456", false, 0);
    for (let nowMs = 1; nowMs < 5; nowMs += 1) failOnce(nowMs);
    const { visit, offer } = book.begin("code", visitor(), 5);
    expect(book.prove(visit, offer, 6).state).toBe("entering");
  });

  it("P7 a link's tries are not used up by strangers", () => {
    book.offer("link", "00", false, 0);
    for (let n = 0; n < 50; n += 1) {
      const { visit } = book.begin("link", visitor(`10.0.1.${n}`), n);
      book.end(visit.number);
    }
    expect(book.offers(100)).toHaveLength(1);
  });

  it("P8 ten wrong tries lock an address for ten minutes, over all codes", () => {
    for (let nowMs = 0; nowMs < 10; nowMs += 1) {
      if (nowMs % 5 === 0) book.offer("code", "123456", false, nowMs);
      failOnce(nowMs);
    }
    book.offer("code", "123456", false, 599_000);
    expect(() => book.begin("code", visitor(), 599_999)).toThrow(
      code("pairing-limit"),
    );
    expect(book.offers(599_999)[0]?.triesLeft).toBe(5);
    const other = book.begin("code", visitor("10.0.0.3"), 599_999);
    book.end(other.visit.number);
    book.begin("code", visitor(), 600_000);
  });

  it("P8 right tries do not count: twelve machines behind one address", () => {
    for (let n = 0; n < 12; n += 1) {
      book.offer("code", "123456", false, n);
      const { visit, offer } = book.begin("code", visitor(), n);
      book.prove(visit, offer, n);
      book.end(visit.number);
    }
  });

  it("P8 one at a time", () => {
    book.offer("code", "123456", false, 0);
    const first = book.begin("code", visitor(), 1);
    expect(() => book.begin("code", visitor("10.0.0.3"), 2)).toThrow(
      code("pairing-busy"),
    );
    expect(book.offers(3)[0]?.triesLeft).toBe(4);
    book.end(first.visit.number);
    book.begin("code", visitor("10.0.0.3"), 4);
  });

  it("P9 a person is asked, and answers once", () => {
    book.offer("code", "123456", true, 0);
    const { visit, offer } = book.begin("code", visitor(), 1);
    expect(book.answer(visit.number)).toBe(false);
    expect(book.prove(visit, offer, 2).state).toBe("asking");
    expect(book.answer(visit.number + 1)).toBe(false);
    expect(book.answer(visit.number)).toBe(true);
    expect(book.visit?.state).toBe("entering");
    expect(book.answer(visit.number)).toBe(false);
  });

  it("P9 what was withdrawn cannot be proven", () => {
    book.offer("code", "123456", false, 0);
    const { visit, offer } = book.begin("code", visitor(), 1);
    book.withdraw();
    expect(() => book.prove(visit, offer, 2)).toThrow(code("pairing-closed"));
  });
});
