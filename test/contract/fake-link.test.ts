import { describe, expect, it } from "vitest";
import { fakeLinks } from "../fixtures/fake-link.ts";
import { peerLinkContract } from "./peer-link.contract.ts";

peerLinkContract("the fake link", async () => {
  const { worker, master } = fakeLinks();
  return {
    a: worker,
    b: master,
    dispose: async () => {
      worker.close();
      await master.closed;
    },
  };
});

describe("the fake link's own knobs", () => {
  it("loses the connection on both ends", async () => {
    const links = fakeLinks();
    links.lose();
    expect((await links.worker.closed).code).toBe("lost");
    expect((await links.master.closed).code).toBe("lost");
  });

  it("holds everything back while frozen", async () => {
    const links = fakeLinks();
    const seen: unknown[] = [];
    links.master.onMessage((message) => seen.push(message));
    links.freeze();
    links.worker.send("late");
    for (let turn = 0; turn < 5; turn += 1)
      await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual([]);
    links.thaw();
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual(["late"]);
  });
});
