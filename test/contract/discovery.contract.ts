import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DeviceId } from "../../src-main/core/identifiers.ts";
import {
  startDiscovery,
  type Discovery,
  type DiscoveryOptions,
} from "../../src-main/net/discovery/discovery.ts";

/** A network with room for computers; on the real one they all have its one address. */
export interface DiscoveryLan {
  readonly options: Pick<
    DiscoveryOptions,
    "chosenInterfaces" | "timers" | "openPort"
  >;
  /** Interfaces of computer number `at`; undefined: the system's. */
  interfacesOf(at: number): DiscoveryOptions["readInterfaces"];
  /** Waits until it is so, at most that long. */
  until(isSo: () => boolean, limitMs: number): Promise<void>;
  dispose(): Promise<void>;
}

const idOf = (letter: string): DeviceId => letter.repeat(64) as DeviceId;

/** What discovery does on every network, real or fake. */
export function discoveryContract(
  name: string,
  open: () => Promise<DiscoveryLan>,
): void {
  describe(`discovery on ${name}`, () => {
    let lan: DiscoveryLan;
    const all: Discovery[] = [];
    beforeEach(async () => {
      lan = await open();
    });
    afterEach(async () => {
      await Promise.all(all.splice(0).map((one) => one.close()));
      await lan.dispose();
    });

    function start(letter: string): Discovery {
      const readInterfaces = lan.interfacesOf(all.length + 1);
      const discovery = startDiscovery({
        deviceId: idOf(letter),
        version: 1,
        computerName: `computer-${letter}`,
        isPaired: () => false,
        log: () => undefined,
        ...lan.options,
        ...(readInterfaces === undefined ? {} : { readInterfaces }),
      });
      all.push(discovery);
      return discovery;
    }
    const seenBy = (one: Discovery): string =>
      one
        .peers()
        .map(({ deviceId }) => deviceId[0])
        .join("");

    it("D1 D7 finds a master that comes later, and one that was there before", async () => {
      const early = start("a");
      const master = start("b");
      master.announce({ host: "0.0.0.0", port: 47_601 });
      await lan.until(() => seenBy(early) === "b", 2_000);
      const late = start("c");
      await lan.until(() => seenBy(late) === "b", 2_000);
      expect(late.peer(idOf("b"))?.at[0]).toMatchObject({
        port: 47_601,
        version: 1,
        hostName: "computer-b",
      });
      expect(seenBy(master)).toBe("");
    });

    it("hears its own announcement and does not list itself", async () => {
      const master = start("b");
      master.announce({ host: "0.0.0.0", port: 47_601 });
      await lan.until(() => master.report().ownHeardAtMs.size === 1, 2_000);
      expect(master.peers()).toEqual([]);
      expect(master.report().twin).toBeNull();
    });

    it("D2 announces nothing where it cannot be dialled", async () => {
      const worker = start("a");
      const hidden = start("b");
      hidden.announce({ host: "10.255.0.1", port: 47_601 });
      const open = start("c");
      open.announce({ host: "0.0.0.0", port: 47_602 });
      await lan.until(() => seenBy(worker) === "c", 2_000);
    });

    it("a changed port is noticed, and listeners are told", async () => {
      const worker = start("a");
      let told = 0;
      const stop = worker.onChange(() => (told += 1));
      const master = start("b");
      master.announce({ host: "0.0.0.0", port: 47_601 });
      await lan.until(() => seenBy(worker) === "b", 2_000);
      master.announce({ host: "0.0.0.0", port: 47_602 });
      await lan.until(() => worker.peers()[0]?.at[0]?.port === 47_602, 3_000);
      expect(told).toBeGreaterThanOrEqual(2);
      stop();
    });

    it("D9 a master that says goodbye is gone within two seconds", async () => {
      const worker = start("a");
      const master = start("b");
      master.announce({ host: "0.0.0.0", port: 47_601 });
      await lan.until(() => seenBy(worker) === "b", 2_000);
      await master.close();
      await master.close();
      await lan.until(() => seenBy(worker) === "", 2_000);
    });
  });
}
