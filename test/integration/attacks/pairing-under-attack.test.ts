/** Strangers at a real master's pairing desk while it encodes: nobody gets in, each is logged once a code. */
import { once } from "node:events";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import { makeIdentity, type Identity } from "../../../src-main/net/identity.ts";
import {
  joinMaster,
  type JoinOptions,
} from "../../../src-main/net/pairing/pairing-client.ts";
import { AttackedFarm } from "../../fixtures/attacked-farm.ts";
import { replayPairing, startRelay } from "../../fixtures/pairing-attacks.ts";
import { rawHello, rawTls, rawWebSocket } from "../../fixtures/raw-worker.ts";

let farm: AttackedFarm;
beforeAll(async () => {
  farm = await AttackedFarm.start(1);
});
afterAll(() => farm.close());

const pairing = () => farm.master.host.snapshot().node.pairing;

async function newCode(): Promise<string> {
  const { text } = await farm.master.host.handle({
    type: "start-pairing",
    means: "code",
    mustAsk: false,
  });
  return text;
}

/** The code of a try of the program's own client; null: it was let in. */
async function tried(
  identity: Identity,
  secret: string,
  more: Partial<JoinOptions> = {},
): Promise<unknown> {
  return joinMaster({
    identity,
    hello: { appVersion: "0.1.0", name: "honest" },
    address: { host: "127.0.0.1", port: farm.port },
    means: "code",
    secret,
    masterId: null,
    signal: new AbortController().signal,
    ...more,
  }).then(
    () => null,
    (error: unknown) => (error as { code?: unknown }).code,
  );
}

it("a session taken up again without a certificate gets nobody in", async () => {
  await farm.encodesDuring(async () => {
    const first = await rawTls(farm.port, farm.hostile[0]!);
    const tickets: Buffer[] = [];
    first.on("session", (ticket) => tickets.push(ticket));
    const session = first.getSession();
    const control = await rawWebSocket(first, "/control");
    if (!(control instanceof WebSocket)) throw new Error("turned away");
    control.send(JSON.stringify(rawHello));
    await once(control, "message");
    const offers = [session, ...tickets].filter((one) => one !== undefined);
    expect(offers.length).toBeGreaterThan(0);
    for (const offered of offers) {
      const again = await rawTls(farm.port, null, { session: offered });
      expect(again.isSessionReused()).toBe(false);
      if (!again.destroyed) await once(again, "close");
    }
    control.terminate();
  });
  expect(farm.codesOf(null)).toEqual(["peer-not-allowed"]);
});

it("a man in the middle with the right code, and a pairing that is replayed, get nobody in", async () => {
  const relay = await startRelay(farm.port);
  const [victim, eavesdropper] = [makeIdentity(), makeIdentity()];
  await farm.encodesDuring(async () => {
    const secret = await newCode();
    const address = { host: "127.0.0.1", port: relay.port };
    expect(await tried(victim, secret, { address })).toBe("pairing-code-wrong");
    const masterId = farm.master.deviceId;
    const answer = await replayPairing(
      farm.port,
      eavesdropper,
      { masterId, secret },
      () => farm.until(() => pairing()?.visit?.state !== "proving"),
    );
    expect(answer).toMatchObject({ refused: { code: "pairing-code-wrong" } });
  });
  relay.server.close();
  expect(farm.codesOf(relay.identity.deviceId)).toEqual(["pairing-code-wrong"]);
  // Leaving in the middle is not as it should be either.
  expect(farm.codesOf(eavesdropper.deviceId)).toEqual([
    "peer-broken",
    "pairing-code-wrong",
  ]);
  expect(farm.codesOf(victim.deviceId)).toEqual([]);
});

it("wrong codes: five kill the code, ten shut the address out, then the right one is refused, too", async () => {
  const guesser = makeIdentity();
  const answers: unknown[] = [];
  await farm.encodesDuring(async () => {
    // The attacks before were tries of this address, too.
    for (let n = 0; n < 12 && answers.at(-1) !== "pairing-limit"; n += 1) {
      if (pairing() === null || answers.at(-1) === "pairing-closed")
        await newCode();
      answers.push(await tried(guesser, "not it"));
    }
    const right = await newCode();
    expect(await tried(guesser, right)).toBe("pairing-limit");
    expect(await tried(makeIdentity(), right)).toBe("pairing-limit");
  });
  expect(answers).toContain("pairing-closed");
  expect(answers.at(-1)).toBe("pairing-limit");
  expect(farm.codesOf(guesser.deviceId).sort()).toEqual([
    "pairing-closed",
    "pairing-code-wrong",
    "pairing-limit",
  ]);
  const devices = await farm.master.host.handle({ type: "list-devices" });
  expect(devices.map(({ name }) => name)).not.toContain("guesser");
});
