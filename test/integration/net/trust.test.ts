import { once } from "node:events";
import { createServer } from "node:tls";
import type { AddressInfo, Socket } from "node:net";
import { WebSocket } from "ws";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DeviceId } from "../../../src-main/core/identifiers.ts";
import { connectToMaster } from "../../../src-main/net/farm-client.ts";
import type { OutdatedPeer } from "../../../src-main/net/farm-server.ts";
import { makeIdentity } from "../../../src-main/net/identity.ts";
import { loopbackFarm } from "../../fixtures/loopback-links.ts";
import type { LoopbackFarm } from "../../fixtures/loopback-links.ts";
import {
  rawHello,
  rawTls,
  rawWebSocket,
  rawWorker,
} from "../../fixtures/raw-worker.ts";

const hello = { appVersion: "1.0.0", name: "test" };

describe("who gets in", () => {
  let farm: LoopbackFarm;
  let refused: { peerId: DeviceId | null; code: string }[];
  const allowed = new Set<DeviceId>();
  beforeEach(async () => {
    refused = [];
    farm = await loopbackFarm({
      isAllowed: (id) => allowed.has(id),
      onRefused: ({ peerId, code }) => refused.push({ peerId, code }),
      limits: { handshakeMs: 400, strangersPerAddress: 4 },
    });
    allowed.clear();
    allowed.add(farm.worker.deviceId);
  });
  afterEach(async () => await farm.close());

  it("W1 the worker sends nothing to a master with another id", async () => {
    const impostor = makeIdentity();
    let bytes = 0;
    const server = createServer({
      key: impostor.privateKeyPem,
      cert: impostor.certificatePem,
      requestCert: true,
      rejectUnauthorized: false,
    });
    server.on("secureConnection", (socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (data) => (bytes += data.length));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const ended = once(server, "connection").then(
      async ([socket]) => await once(socket as Socket, "close"),
    );
    const { port } = server.address() as AddressInfo;
    const attempt = farm.connect({ address: { host: "127.0.0.1", port } });
    await expect(attempt).rejects.toMatchObject({ code: "peer-wrong-id" });
    await ended;
    expect(bytes).toBe(0);
    server.close();
  });

  it("W2 no certificate: the connection ends", async () => {
    const socket = await rawTls(farm.server.port, null);
    await once(socket, "close");
    expect(refused).toEqual([{ peerId: null, code: "peer-not-allowed" }]);
  });

  it("W2 TLS 1.2 is refused", async () => {
    const attempt = rawTls(farm.server.port, farm.worker, {
      maxVersion: "TLSv1.2",
    });
    await expect(attempt).rejects.toThrow();
  });

  it("W2 no session is taken up again without a certificate", async () => {
    const tickets: Buffer[] = [];
    const first = await rawTls(farm.server.port, farm.worker);
    first.on("session", (ticket) => tickets.push(ticket));
    const session = first.getSession();
    const control = await rawWebSocket(first, "/control");
    if (!(control instanceof WebSocket)) throw new Error("refused");
    control.send(JSON.stringify(rawHello));
    await once(control, "message");
    const offers = [session, ...tickets].filter((one) => one !== undefined);
    expect(offers.length).toBeGreaterThan(0);
    for (const offered of offers) {
      const again = await rawTls(farm.server.port, null, { session: offered });
      expect(again.isSessionReused()).toBe(false);
      if (!again.destroyed) await once(again, "close");
    }
    expect(refused.length).toBe(offers.length);
  });

  it("W3 a stranger gets a polite no at every path", async () => {
    const stranger = makeIdentity();
    for (const path of ["/control", "/data", "/", "/pair"]) {
      const wire = await rawTls(farm.server.port, stranger);
      expect(await rawWebSocket(wire, path)).toEqual({
        status: 403,
        refused: path === "/pair" ? "pairing-closed" : "peer-not-allowed",
      });
    }
    const { peerId, code } = refused[0]!;
    expect([peerId, code]).toEqual([stranger.deviceId, "peer-not-allowed"]);
    expect(farm.server.refusals()).toEqual({
      "peer-not-allowed": 3,
      "pairing-closed": 1,
    });
    expect(farm.links).toEqual([]);
    const attempt = farm.connect({ identity: stranger });
    await expect(attempt).rejects.toMatchObject({ code: "peer-not-allowed" });
  });

  it("W3 the permission is asked again at the upgrade", async () => {
    const wire = await rawTls(farm.server.port, farm.worker);
    allowed.clear();
    expect(await rawWebSocket(wire, "/control")).toMatchObject({ status: 403 });
  });

  it("W3 plain HTTP gets nothing", async () => {
    const wire = await rawTls(farm.server.port, farm.worker);
    wire.write("GET / HTTP/1.1\r\nhost: master\r\n\r\n");
    const [answer] = (await once(wire, "data")) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1.1 404/);
  });

  it("W4 a data connection needs its own device's session", async () => {
    const other = makeIdentity();
    allowed.add(other.deviceId);
    const { session } = await rawWorker(farm.server.port, farm.worker);
    const attempts = [
      [other, session],
      [farm.worker, "0".repeat(32)],
      [farm.worker, ""],
    ] as const;
    for (const [identity, token] of attempts) {
      const wire = await rawTls(farm.server.port, identity);
      const headers = { "x-reelfarm-session": token };
      expect(await rawWebSocket(wire, "/data", headers)).toMatchObject({
        status: 403,
      });
    }
  });

  it("W4 no more than four data connections", async () => {
    const { session } = await rawWorker(farm.server.port, farm.worker);
    const headers = { "x-reelfarm-session": session };
    const outcomes: boolean[] = [];
    for (let n = 0; n < 4; n += 1) {
      const wire = await rawTls(farm.server.port, farm.worker);
      const outcome = await rawWebSocket(wire, "/data", headers);
      outcomes.push(outcome instanceof WebSocket);
    }
    expect(outcomes).toEqual([true, true, true, false]);
  });

  it("W6 other versions are refused politely, both ways", async () => {
    const future = { ...hello, protocol: { lowest: 7, highest: 9 } };
    await expect(farm.connect({ hello: future })).rejects.toMatchObject({
      code: "peer-version",
      detail: "the master is 1.2.3",
    });
    expect(refused.at(-1)?.code).toBe("peer-version");
    const wider = { ...hello, protocol: { lowest: 1, highest: 9 } };
    const { worker } = await farm.connect({ hello: wider });
    expect(worker.peerHello).toMatchObject({ name: "master", protocol: 1 });
  });

  it("W6 a master of a later version lists the worker it cannot speak with, and tells it which version it has", async () => {
    const outdated: OutdatedPeer[] = [];
    const later = await loopbackFarm({
      hello: {
        appVersion: "9.0.0",
        name: "master",
        protocol: { lowest: 7, highest: 9 },
      },
      onOutdated: (peer) => outdated.push(peer),
    });
    const { worker } = later;
    await expect(later.connect()).rejects.toMatchObject({
      code: "peer-version",
      detail: "the master is 9.0.0",
    });
    expect(outdated).toMatchObject([
      { peerId: worker.deviceId, appVersion: "1.2.3", highest: 1 },
    ]);
    expect(later.links).toEqual([]);
    await later.close();
  });

  it("W7 a broken hello ends the connection", async () => {
    for (const text of ["", "{", "null", '{"reelfarm":{}}']) {
      const wire = await rawTls(farm.server.port, farm.worker);
      const control = await rawWebSocket(wire, "/control");
      if (!(control instanceof WebSocket)) throw new Error("refused");
      control.send(text);
      const [code] = (await once(control, "close")) as [number];
      expect(code).toBe(4001);
    }
    expect(farm.links).toEqual([]);
  });

  it("W8 who does not say what he wants is shown out", async () => {
    const afterTls = await rawTls(farm.server.port, farm.worker);
    const wire = await rawTls(farm.server.port, farm.worker);
    const afterUpgrade = await rawWebSocket(wire, "/control");
    await Promise.all([
      once(afterTls, "close"),
      once(afterUpgrade as WebSocket, "close"),
    ]);
  });

  it("W8 who is in may stay", async () => {
    const { worker, master } = await farm.connect();
    await new Promise((resolve) => setTimeout(resolve, 700));
    const message = new Promise((resolve) => master.onMessage(resolve));
    worker.send("still here");
    expect(await message).toBe("still here");
  });

  it("W8 strangers of one address have few places, and get them back", async () => {
    const port = farm.server.port;
    const waiting = [];
    for (let n = 0; n < 4; n += 1)
      waiting.push(await rawTls(port, farm.worker));
    await expect(rawTls(port, farm.worker)).rejects.toThrow();
    expect(refused.at(-1)?.code).toBe("limit-exceeded");
    await Promise.all(
      waiting.map(async (socket) => await once(socket, "close")),
    );
    await farm.connect();
  });

  it("revoked: link and transfers end", async () => {
    const { worker, master } = await farm.connect();
    const got = master.transfers.receive("t", { maxBytes: 1 });
    const failed = once(got, "error");
    allowed.clear();
    farm.server.disconnect(farm.worker.deviceId);
    expect((await worker.closed).code).toBe("revoked");
    expect((await failed)[0]).toMatchObject({ code: "transfer-broken" });
    await expect(farm.connect()).rejects.toMatchObject({
      code: "peer-not-allowed",
    });
  });

  it("nobody there, or a port in use, is said", async () => {
    const { port } = farm.server;
    const taken = loopbackFarm({ port });
    await expect(taken).rejects.toMatchObject({ code: "address-in-use" });
    await farm.close();
    const attempt = connectToMaster({
      identity: farm.worker,
      address: { host: "127.0.0.1", port },
      masterId: farm.master.deviceId,
      hello,
      signal: new AbortController().signal,
    });
    await expect(attempt).rejects.toMatchObject({ code: "master-unreachable" });
  });
});
