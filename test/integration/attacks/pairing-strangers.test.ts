/** Strangers at a master's pairing desk: whatever they do, they are refused once, with a code. */
import { once } from "node:events";
import { WebSocket } from "ws";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeIdentity } from "../../../src-main/net/identity.ts";
import { replayPairing } from "../../fixtures/pairing-attacks.ts";
import { PairingFarm, rawStranger } from "../../fixtures/pairing-farm.ts";
import { rawTls, rawWebSocket } from "../../fixtures/raw-worker.ts";

const code = (name: string) => ({ code: name });
const reelfarm = { lowest: 1, highest: 1, appVersion: "1.0.0", name: "laptop" };
const someShare =
  "2c3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c";

describe("pairing, attacked by strangers", () => {
  let farm: PairingFarm;
  beforeEach(async () => (farm = await PairingFarm.open()));
  afterEach(async () => await farm.close());

  const offerCode = (mustAsk = false) =>
    farm.desk.offer("code", mustAsk).secret;

  it("P2 the right code lets exactly this device in, and both learn who the other is", async () => {
    const joined = await farm.join(offerCode());
    expect(joined).toMatchObject({
      masterId: farm.master.deviceId,
      name: "studio",
    });
    expect(farm.paired).toEqual([
      {
        deviceId: farm.worker.deviceId,
        name: "laptop",
        address: "127.0.0.1",
      },
    ]);
    expect(farm.refused).toEqual([]);
  });

  it("P1 without a live code or link nobody gets to the desk", async () => {
    await expect(farm.join("123456")).rejects.toMatchObject(
      code("pairing-closed"),
    );
    expect(farm.codes).toEqual(["pairing-closed"]);
  });

  it("P1 while pairing is open a stranger reaches nothing else", async () => {
    offerCode();
    for (const path of ["/control", "/data", "/ui", "/pair/x"]) {
      const wire = await rawTls(farm.port, farm.worker);
      expect(await rawWebSocket(wire, path)).toMatchObject({
        status: 403,
        refused: "peer-not-allowed",
      });
    }
    expect(farm.codes).toEqual(Array(4).fill("peer-not-allowed"));
  });

  it("P2 no certificate, and a session taken up again without one", async () => {
    offerCode();
    const first = await rawTls(farm.port, farm.worker);
    const session = first.getSession();
    first.destroy();
    for (const more of [{}, session === undefined ? {} : { session }]) {
      const socket = await rawTls(farm.port, null, more);
      await once(socket, "close");
    }
    expect(farm.refused).toEqual(
      Array(2).fill({ peerId: null, code: "peer-not-allowed" }),
    );
  });

  it("P2 a self-made certificate with the name of a paired device is a stranger", async () => {
    await farm.join(offerCode());
    const impostor = makeIdentity();
    const wire = await rawTls(farm.port, impostor);
    expect(await rawWebSocket(wire, "/control")).toMatchObject({ status: 403 });
    offerCode();
    await expect(
      farm.join(farm.wrongCode(), { identity: impostor }),
    ).rejects.toMatchObject(code("pairing-code-wrong"));
    expect(farm.desk.outcome).toMatchObject({
      name: "laptop",
      deviceId: impostor.deviceId,
    });
    expect(farm.paired).toHaveLength(1);
    expect(farm.refused).toEqual([
      { peerId: impostor.deviceId, code: "peer-not-allowed" },
      { peerId: impostor.deviceId, code: "pairing-code-wrong" },
    ]);
  });

  it("P7 P8 wrong codes: five kill the code, ten lock the address out, the right one then too", async () => {
    for (let round = 0; round < 2; round += 1) {
      offerCode();
      for (let n = 0; n < 5; n += 1)
        await expect(farm.join(farm.wrongCode())).rejects.toMatchObject(
          code("pairing-code-wrong"),
        );
      expect(farm.desk.isOpen).toBe(false);
    }
    await expect(farm.join(offerCode())).rejects.toMatchObject(
      code("pairing-limit"),
    );
    expect(farm.codes).toEqual([
      ...Array<string>(10).fill("pairing-code-wrong"),
      "pairing-limit",
    ]);
    farm.wait(600_000);
    await farm.join(offerCode());
  });

  it("P7 who leaves before the proof has spent a try all the same", async () => {
    offerCode();
    const stranger = await rawStranger(farm.port, makeIdentity());
    stranger.socket.send(
      JSON.stringify({
        reelfarm,
        pairing: { means: "code", share: someShare },
      }),
    );
    expect(await stranger.next()).toHaveProperty("pairing");
    expect(farm.desk.offers[0]?.triesLeft).toBe(4);
    stranger.socket.terminate();
    await expect.poll(() => farm.codes).toEqual(["peer-broken"]);
    expect(farm.desk.offers[0]?.triesLeft).toBe(4);
  });

  it("P6 a code is used up by the first device that knows it, and by time", async () => {
    const first = offerCode();
    await farm.join(first);
    await expect(
      farm.join(first, { identity: makeIdentity() }),
    ).rejects.toMatchObject(code("pairing-closed"));
    const second = offerCode();
    farm.wait(120_000);
    await expect(farm.join(second)).rejects.toMatchObject(
      code("pairing-closed"),
    );
  });

  it("P10 a link's token works once, and only with the master it names", async () => {
    const secret = farm.desk.offer("link", false).secret;
    const link = { means: "link", masterId: farm.master.deviceId } as const;
    await expect(
      farm.join(secret, { ...link, masterId: farm.worker.deviceId }),
    ).rejects.toMatchObject(code("peer-wrong-id"));
    await farm.join(secret, link);
    await expect(
      farm.join(secret, { ...link, identity: makeIdentity() }),
    ).rejects.toMatchObject(code("pairing-closed"));
    expect(farm.paired).toHaveLength(1);
  });

  it("P8 two at once: the second waits its turn, the code lets one in", async () => {
    const secret = offerCode();
    const stranger = await rawStranger(farm.port, makeIdentity());
    stranger.socket.send(
      JSON.stringify({
        reelfarm,
        pairing: { means: "code", share: someShare },
      }),
    );
    await stranger.next();
    await expect(farm.join(secret)).rejects.toMatchObject(code("pairing-busy"));
    stranger.socket.terminate();
    await expect.poll(() => farm.desk.visit).toBeNull();
    const both = await Promise.allSettled([
      farm.join(secret),
      farm.join(secret, { identity: makeIdentity() }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([
      "fulfilled",
      "rejected",
    ]);
    expect(farm.paired).toHaveLength(1);
  });

  it("P9 a person may be asked, may refuse, and may accept", async () => {
    const ask = async (accepts: boolean) => {
      const waiting: string[] = [];
      const joining = farm.join(offerCode(true), {
        onWaiting: (name) => waiting.push(name),
      });
      await expect.poll(() => farm.desk.visit?.state).toBe("asking");
      expect(farm.paired).toHaveLength(0);
      await expect.poll(() => waiting).toEqual(["studio"]);
      farm.desk.answer(farm.desk.visit?.number ?? 0, accepts);
      return joining;
    };
    await expect(ask(false)).rejects.toMatchObject(code("pairing-refused"));
    expect(farm.codes).toEqual(["pairing-refused"]);
    await ask(true);
    expect(farm.paired).toHaveLength(1);
  });

  it("P5 messages of another connection prove nothing: replayed openings and proofs", async () => {
    const secret = offerCode();
    const masterId = farm.master.deviceId;
    const answer = await replayPairing(
      farm.port,
      farm.worker,
      { masterId, secret },
      async () => await expect.poll(() => farm.desk.visit).toBeNull(),
    );
    expect(answer).toMatchObject({ refused: { code: "pairing-code-wrong" } });
    expect(farm.paired).toEqual([]);
  });

  const opening = (pairing: object) => JSON.stringify({ reelfarm, pairing });
  const rubbish: Record<string, string | Buffer> = {
    "no JSON": "{",
    bytes: Buffer.alloc(40),
    null: "null",
    "an array": "[]",
    "a hello of the control connection": JSON.stringify({ reelfarm }),
    "a proof before its turn": JSON.stringify({ proof: "00".repeat(64) }),
    "an unknown means": opening({ means: "key", share: someShare }),
    "a share that is too short": opening({ means: "code", share: "00" }),
    "members too many": opening({ means: "code", share: someShare, x: 1 }),
    "a share that is the neutral element": opening({
      means: "code",
      share: "00".repeat(32),
    }),
    "a share that is no group element": opening({
      means: "code",
      share: "ff".repeat(32),
    }),
    "a name without end": JSON.stringify({
      reelfarm: { ...reelfarm, name: "x".repeat(2000) },
      pairing: { means: "code", share: someShare },
    }),
  };

  it("P3 rubbish is refused, one by one, and the next honest device is let in", async () => {
    const secret = offerCode();
    for (const [what, message] of Object.entries(rubbish)) {
      const stranger = await rawStranger(farm.port, makeIdentity());
      stranger.socket.send(message);
      expect(await stranger.next(), what).toMatchObject({
        refused: { code: "peer-broken" },
      });
    }
    expect(farm.codes).toEqual(Object.keys(rubbish).map(() => "peer-broken"));
    await farm.join(secret);
  });

  it("P3 messages too long, too many or too late end the connection", async () => {
    offerCode();
    const floods = [
      (socket: WebSocket) => socket.send("x".repeat(5000)),
      (socket: WebSocket) => {
        for (let n = 0; n < 20; n += 1)
          socket.send(opening({ means: "link", share: someShare }));
      },
      () => undefined,
    ];
    for (const flood of floods) {
      const stranger = await rawStranger(farm.port, makeIdentity());
      flood(stranger.socket);
      if (stranger.socket.readyState !== WebSocket.CLOSED)
        await once(stranger.socket, "close");
    }
    await expect.poll(() => farm.codes).toHaveLength(3);
    expect(farm.paired).toEqual([]);
  });

  it("P11 a device of another version learns what to update, and no try is spent", async () => {
    const secret = offerCode();
    const hello = {
      appVersion: "9.0.0",
      name: "laptop",
      protocol: { lowest: 7, highest: 9 },
    };
    await expect(farm.join(secret, { hello })).rejects.toMatchObject({
      code: "peer-version",
      detail: "the master is 1.0.0",
    });
    expect(farm.desk.offers[0]?.triesLeft).toBe(5);
  });
});
