/** A man in the middle with TLS to both sides, who carries the right code's messages along. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeIdentity } from "../../../src-main/net/identity.ts";
import { PairingExchange } from "../../../src-main/net/pairing/pairing-exchange.ts";
import { startRelay } from "../../fixtures/pairing-attacks.ts";
import { PairingFarm } from "../../fixtures/pairing-farm.ts";

describe("pairing through a man in the middle", () => {
  let farm: PairingFarm;
  beforeEach(async () => (farm = await PairingFarm.open()));
  afterEach(async () => await farm.close());

  it("P5 the relayed right code is a wrong one: ids and connection differ", async () => {
    const relay = await startRelay(farm.port);
    const { secret } = farm.desk.offer("code", false);
    await expect(
      farm.join(secret, { address: { host: "127.0.0.1", port: relay.port } }),
    ).rejects.toMatchObject({ code: "pairing-code-wrong" });
    expect(farm.paired).toEqual([]);
    expect(farm.refused).toEqual([
      { peerId: relay.identity.deviceId, code: "pairing-code-wrong" },
    ]);
    // It was a faithful relay: opening, opening, proof, refusal.
    expect(relay.relayed.map((line) => line.split(" ")[0])).toEqual([
      "worker",
      "master",
      "worker",
      "master",
    ]);
    relay.server.close();
    await farm.join(secret);
  });

  it("P10 with a link the worker says nothing to another master", async () => {
    const relay = await startRelay(farm.port);
    const { secret } = farm.desk.offer("link", false);
    await expect(
      farm.join(secret, {
        means: "link",
        masterId: farm.master.deviceId,
        address: { host: "127.0.0.1", port: relay.port },
      }),
    ).rejects.toMatchObject({ code: "peer-wrong-id" });
    expect(relay.relayed).toEqual([]);
    relay.server.close();
  });

  it("P4 each of secret, ids, means and connection alone makes the proof another", () => {
    const bond = {
      means: "code" as const,
      secret: "123456",
      workerId: farm.worker.deviceId,
      masterId: farm.master.deviceId,
      exporter: Buffer.alloc(32, 1),
    };
    const other = makeIdentity().deviceId;
    const agree = (theirs: object): boolean => {
      const worker = new PairingExchange(bond);
      const master = new PairingExchange({ ...bond, ...theirs });
      const introduction = {
        reelfarm: { lowest: 1, highest: 1, appVersion: "1", name: "x" },
      };
      const first = { share: worker.share, ...introduction };
      const second = { share: master.share, ...introduction };
      const mine = worker.proofs(first, second);
      const seen = master.proofs(first, second);
      return Buffer.from(mine.initiator).equals(seen.initiator);
    };
    expect(agree({})).toBe(true);
    for (const theirs of [
      { secret: "123457" },
      { means: "link" },
      { workerId: other },
      { masterId: other },
      { exporter: Buffer.alloc(32, 2) },
    ])
      expect(agree(theirs)).toBe(false);
  });
});
