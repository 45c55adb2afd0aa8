import { Readable } from "node:stream";
import { describe, expect, it, vi } from "vitest";
import { parseDataHeader } from "../../../src-main/protocol/data-frames.ts";
import type { TransferMessage } from "../../../src-main/protocol/link-messages.ts";
import type { Timers } from "../../../src-main/net/link-limits.ts";
import { TransferHub } from "../../../src-main/net/transfer-hub.ts";

const stopped: Timers = {
  now: () => 0,
  after: () => () => undefined,
  every: () => () => undefined,
};

/** A hub with one data socket; what it sends is kept as `offset+length`, the end with a `!`. */
function hubWithCarrier(): { hub: TransferHub; frames: string[] } {
  const hub = new TransferHub(stopped, 1_000);
  const frames: string[] = [];
  hub.addCarrier({
    queuedBytes: 0,
    send: (header, payload) => {
      const parsed = parseDataHeader(header, header.length + payload.length);
      if (!("header" in parsed)) throw new Error(parsed.problem);
      const { offset, isEnd } = parsed.header;
      frames.push(`${offset}+${payload.length}${isEnd ? "!" : ""}`);
    },
  });
  return { hub, frames };
}

describe("the transfer hub", () => {
  it("W13 repeats from `have` on, and a lost end", async () => {
    const { hub, frames } = hubWithCarrier();
    const say = (): void => undefined;
    hub.attach(say);
    const sent = hub.send("t", Readable.from([Buffer.alloc(10)]));
    hub.acceptMessage({ k: "want", n: 1, id: "t", have: 0, took: 0 });
    await vi.waitFor(() => expect(frames).toEqual(["0+10", "10+0!"]));
    hub.detach(say);
    hub.attach(say);
    hub.acceptMessage({ k: "want", n: 1, id: "t", have: 0, took: 0 });
    expect(frames.slice(2)).toEqual(["0+10", "10+0!"]);
    hub.detach(say);
    hub.attach(say);
    hub.acceptMessage({ k: "want", n: 1, id: "t", have: 10, took: 10 });
    expect(frames.slice(4)).toEqual(["10+0!"]);
    hub.acceptMessage({ k: "done", n: 1, took: 10 });
    expect((await sent).bytes).toBe(10);
  });

  it("W13 an old link's end does not touch the younger one", () => {
    const hub = new TransferHub(stopped, 1_000);
    const older = vi.fn<(message: TransferMessage) => void>();
    const younger = vi.fn<(message: TransferMessage) => void>();
    hub.attach(older);
    hub.attach(younger);
    hub.detach(older);
    hub.receive("t", { maxBytes: 1 });
    expect(older).not.toHaveBeenCalled();
    expect(younger).toHaveBeenCalledWith({
      k: "want",
      n: 1,
      id: "t",
      have: 0,
      took: 0,
    });
  });
});
