/**
 * One farm of real nodes that encodes while it is attacked. Which attack is
 * tried where stands in README.md beside this file.
 */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { connectToMaster } from "../../../src-main/net/farm-client.ts";
import { makeIdentity, type Identity } from "../../../src-main/net/identity.ts";
import type { PeerLink } from "../../../src-main/net/peer-link.ts";
import {
  masterMessageSchema,
  transferIds,
  type MasterMessage,
} from "../../../src-main/protocol/messages.ts";
import { AttackedFarm } from "../../fixtures/attacked-farm.ts";
import { rawTls, rawWebSocket, rawWorker } from "../../fixtures/raw-worker.ts";
import { fixtureSource } from "../../fixtures/sources.ts";

type Offer = Extract<MasterMessage, { type: "offer" }>;

/** Where an honest worker is quick, a liar may get nothing of a film. */
const maxFilms = 5;

let farm: AttackedFarm;
beforeAll(async () => {
  farm = await AttackedFarm.start(9);
});
afterAll(() => farm.close());

describe("strangers", () => {
  it("without a certificate, with one of their own under a copied name, or with noise or an older TLS: refused, logged once", async () => {
    const stranger = makeIdentity();
    await farm.encodesDuring(async () => {
      for (let n = 0; n < 3; n += 1) {
        const naked = await rawTls(farm.port, null);
        if (!naked.destroyed) await once(naked, "close");
        const wire = await rawTls(farm.port, stranger);
        // The name of the worker it would like to be is never even asked for.
        expect(await rawWebSocket(wire, "/control")).toMatchObject({
          status: 403,
          refused: "peer-not-allowed",
        });
        const noise = plainSocket(farm.port);
        noise.write("GET / HTTP/1.1\r\nhost: farm\r\n\r\n");
        await once(noise, "close");
        const old = rawTls(farm.port, farm.hostile[0]!, {
          maxVersion: "TLSv1.2",
        });
        await expect(old).rejects.toThrow();
      }
    });
    expect(farm.codesOf(null).sort()).toEqual([
      "peer-broken",
      "peer-not-allowed",
    ]);
    const addresses = farm.refusals.map(({ address }) => address);
    expect(new Set(addresses)).toEqual(new Set(["127.0.0.1"]));
    expect(farm.codesOf(stranger.deviceId)).toEqual(["peer-not-allowed"]);
  });

  it("1,000 idle connections and slow talkers: all are shown out, one line each code, the next worker gets in", async () => {
    const before = farm.codesOf(null).length;
    await farm.encodesDuring(async () => {
      const slow = await Promise.allSettled(
        Array.from({ length: 20 }, () => rawTls(farm.port, farm.hostile[0]!)),
      );
      const idle = Array.from({ length: 1_000 }, () => plainSocket(farm.port));
      const talking = setInterval(() => {
        for (const one of slow)
          if (one.status === "fulfilled") one.value.write("G");
      }, 500);
      await Promise.all(idle.map((socket) => closed(socket)));
      for (const one of slow)
        if (one.status === "fulfilled") await closed(one.value);
      clearInterval(talking);
    });
    expect(farm.codesOf(null).slice(before)).toEqual(["limit-exceeded"]);
    const link = await joinAsLiar(farm.hostile[0]!);
    link.close();
  });
});

describe("a device that is let in", () => {
  const app = (message: unknown): string =>
    JSON.stringify({ k: "app", m: message });
  const nested = "[".repeat(60_000) + "]".repeat(60_000);
  const joined = {
    type: "joined",
    machine: {
      platform: "linux",
      cpuModel: "",
      cpuCount: 1,
      memoryBytes: 0,
      ffmpegVersion: "",
    },
    capabilities: [],
    slots: 1,
    running: [],
    availability: { kind: "ready" },
  };
  const rubbish: Record<string, readonly (string | Buffer)[]> = {
    oversized: [app("x".repeat(300_000))],
    malformed: ["{"],
    binary: [Buffer.alloc(64, 0xff)],
    "of an unknown kind": [JSON.stringify({ k: "shell", m: "id" })],
    "nested deeply": Array<string>(5).fill(`{"k":"app","m":${nested}}`),
    "unknown to the farm": Array<string>(5).fill(app({ type: "exec" })),
    "before it has joined": Array<string>(5).fill(
      app({ type: "started", attemptId: "a" }),
    ),
    "with numbers beyond all bounds": Array<string>(5).fill(
      app({ ...joined, slots: 1e308 }),
    ),
    "with names that are none": Array<string>(5).fill(
      app({ type: "started", attemptId: "../../etc/passwd\0" }),
    ),
    "with a prototype": Array<string>(5).fill(
      '{"k":"app","m":{"__proto__":{"type":"joined"},"type":"constructor"}}',
    ),
  };

  it("sends messages that are oversized, malformed, nested, unknown or out of turn: its link ends as broken, logged once", async () => {
    const identity = farm.hostile[1]!;
    await farm.encodesDuring(async () => {
      for (const [what, messages] of Object.entries(rubbish)) {
        const { control } = await rawWorker(farm.port, identity);
        const end = once(control, "close");
        for (const message of messages) control.send(message);
        const [code] = (await end) as [number];
        // 1009: the frame was refused before its end was read.
        expect([4002, 1009], what).toContain(code);
      }
    });
    expect(farm.codesOf(identity.deviceId)).toEqual(["peer-broken"]);
  });

  it("sends data in another's session, or in none: refused, logged once", async () => {
    const identity = farm.hostile[8]!;
    await farm.encodesDuring(async () => {
      const victim = await rawWorker(farm.port, farm.hostile[1]!);
      for (const session of [victim.session, "0".repeat(32), ""]) {
        const wire = await rawTls(farm.port, identity);
        const headers = { "x-reelfarm-session": session };
        expect(await rawWebSocket(wire, "/data", headers)).toMatchObject({
          status: 403,
          refused: "peer-broken",
        });
      }
      victim.control.terminate();
    });
    expect(farm.codesOf(identity.deviceId)).toEqual(["peer-broken"]);
  });

  it("says right things in a wrong order, thousands of times: nothing comes of it", async () => {
    const identity = farm.hostile[2]!;
    await farm.encodesDuring(async () => {
      const link = await joinAsLiar(identity);
      const words = ["started", "progressed", "finished", "failed"] as const;
      for (let n = 0; n < 2_000; n += 1)
        say(link, words[n % 4] ?? "started", `never-${String(n % 50)}`);
      link.send(joined);
      link.send({
        type: "availability-changed",
        availability: { kind: "suspended", reason: "x" },
      });
      link.close();
    });
  });

  it("speaks for another's attempts and claims them as its own: its link ends as broken, the other goes on", async () => {
    const identity = farm.hostile[3]!;
    let offer: Offer | null = null;
    for (let film = 0; film < maxFilms && offer === null; film += 1)
      await farm.encodesDuring(async (over) => {
        offer = await takeOffer(identity, over, (link, { attemptId }) => {
          say(link, "started", attemptId);
          for (const other of neighbours(attemptId)) {
            for (const word of ["progressed", "finished", "failed"] as const)
              say(link, word, other);
            link.transfers
              .send(`${other}/out`, bytesOf("x".repeat(1000)))
              .catch(() => undefined);
          }
          return Promise.resolve();
        });
        const running = neighbours(offer?.attemptId ?? "a1");
        const again = await joinAsLiar(identity, { running });
        again.close();
      });
    expect(offer).not.toBe(null);
    expect(farm.codesOf(identity.deviceId)).toEqual(["peer-broken"]);
    const { jobs } = farm.master.host.snapshot();
    const { log } = await farm.master.host.handle({
      type: "job-detail",
      jobId: jobs.at(-1)?.jobId ?? "",
    });
    expect(log.filter(({ text }) => text.includes("honest failed"))).toEqual(
      [],
    );
  });

  const bytesOf = (text: string): Readable =>
    Readable.from([Buffer.from(text)], { objectMode: false });
  const results: Record<string, () => Readable> = {
    "an endless stream": () =>
      new Readable({
        read() {
          this.push(Buffer.alloc(256 * 1024));
        },
      }),
    "a playlist": () =>
      bytesOf("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"),
    "a list of files": () =>
      bytesOf("ffconcat version 1.0\nfile /etc/passwd\n"),
    "a film in another container": () =>
      Readable.from(readFileOf("closed-mkv"), { objectMode: false }),
  };

  it.each(Object.keys(results).map((name, n) => [name, n] as const))(
    "hands in %s: refused with a code, done by another",
    async (name, n) => {
      const identity = farm.hostile[4 + n]!;
      const before = farm.log.length;
      const isRefused = (): boolean => failuresSince(before).length > 0;
      // A liar whose part another finishes first is not even looked at.
      for (let film = 0; film < maxFilms && !isRefused(); film += 1)
        await farm.encodesDuring((over) =>
          takeOffer(identity, over, async (link, { attemptId }) => {
            say(link, "started", attemptId);
            const sent = await link.transfers
              .send(transferIds.result(attemptId), results[name]!())
              .catch(() => null);
            if (sent === null) return;
            link.send({
              type: "finished",
              attemptId,
              frames: 30,
              sizeBytes: sent.bytes,
              sha256: sent.sha256,
            });
            await Promise.race([over, farm.until(isRefused)]);
          }),
        );
      const failures = failuresSince(before);
      expect(failures).toHaveLength(1);
      expect(failures[0]).toContain(
        name === "an endless stream" ? "result-too-large" : "result-invalid",
      );
    },
  );

  const failuresSince = (line: number): string[] =>
    farm.log.slice(line).filter((text) => text.includes("liar failed:"));
});

describe("sources", () => {
  const disguises: Record<string, string> = {
    "hls.mp4": "#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:1,\nfile:///etc/passwd\n",
    "concat.mkv": "ffconcat version 1.0\nfile '/etc/passwd'\n",
    "late.mp4": `${"\n".repeat(2_000)}#EXTM3U\n#EXTINF:1,\nother.mp4\n`,
    "marked.mp4": "\uFEFF#EXTM3U\n#EXTINF:1,\nother.mp4\n",
    "dash.webm": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema"/>',
    "session.mov": "v=0\r\nm=video 5004 RTP/AVP 96\r\n",
  };

  it("that are playlists in disguise, or no paths at all, are refused", () =>
    farm.encodesDuring(disguised));

  async function disguised(): Promise<void> {
    const { file } = await fixtureSource("closed-mp4", "ffmpeg");
    await copyFile(file, join(farm.folder, "other.mp4"));
    for (const [name, text] of Object.entries(disguises)) {
      await writeFile(join(farm.folder, name), text);
      const source = join(farm.folder, name);
      const added = farm.add(source, `${source}.out.mp4`, "Fast 1080p");
      await expect(added, name).rejects.toThrow(
        /playlist-refused|not-media|source-trunc/,
      );
    }
    for (const text of [
      `subfile,,start,0,end,0,,:${file}`,
      `concat:${file}|${file}`,
      "http://127.0.0.1:1/x.mp4",
      "pipe:0",
      "data:video/mp4;base64,AAAA",
      "-i",
    ]) {
      const added = farm.add(text, join(farm.folder, "out.mp4"), "Fast 1080p");
      await expect(added, text).rejects.toThrow();
    }
  }

  it("of pictures larger than anything shows, in a few bytes, are refused at once", async () => {
    const bomb = join(farm.folder, "bomb.mkv");
    const dark = "color=s=9000x9000:r=1:d=1,format=gray";
    await ffmpeg("-f", "lavfi", "-i", dark, "-c:v", "png", bomb);
    await farm.encodesDuring(async () => {
      const added = farm.add(bomb, join(farm.folder, "b.mp4"), "Fast 1080p");
      await expect(added).rejects.toThrow(/source-damaged|codec-|not-media/);
    });
  });

  it("with attachments named ../../x are encoded, and nothing is written elsewhere", async () => {
    const note = join(farm.folder, "note.txt");
    await writeFile(note, "hello");
    const source = join(farm.folder, "climber.mkv");
    const { file } = await fixtureSource("closed-mkv", "ffmpeg");
    await ffmpeg(
      ...["-i", file, "-c", "copy", "-attach", note],
      ...["-metadata:s:t", "mimetype=text/plain"],
      ...["-metadata:s:t", "filename=../../climbed.txt", source],
    );
    const output = join(farm.folder, "climbed.mkv");
    await farm.doneRight(await farm.add(source, output, "Everything along"));
    expect((await readFile(output)).includes("../../climbed.txt")).toBe(true);
    const written = await farm.files();
    expect(written.filter((path) => path.includes("climbed.txt"))).toEqual([]);
  });
});

describe("a web page", () => {
  const status = (
    headers: Record<string, string>,
    query = "",
  ): Promise<number> =>
    new Promise((resolve) => {
      const { url } = farm.master.ui!;
      const address = `${url.replace("http", "ws")}ui${query}`;
      const socket = new WebSocket(address, { headers });
      socket.on("error", () => undefined);
      socket.once("open", () => {
        socket.terminate();
        resolve(101);
      });
      socket.once("unexpected-response", (_request, response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
    });

  it("of another site, also under a name that points here, and without the token: refused, logged once each", async () => {
    const { url, token } = farm.master.ui!;
    const { host, port } = new URL(url);
    const query = `?token=${token}`;
    const evil = `evil.example:${port}`;
    await farm.encodesDuring(async () => {
      for (let n = 0; n < 2; n += 1) {
        expect(await status({ origin: "http://evil.example" }, query)).toBe(
          403,
        );
        expect(await status({ origin: "null" }, query)).toBe(403);
        const rebound = { host: evil, origin: `http://${evil}` };
        expect(await status(rebound, query)).toBe(403);
        expect(await status({ origin: `http://${host}` })).toBe(401);
        expect(await status({}, "?token=guess")).toBe(401);
      }
      expect(await status({ origin: `http://${host}` }, query)).toBe(101);
    });
    const told = farm.refusals.filter(({ reason }) => reason !== undefined);
    expect(told.map(({ code, reason }) => `${code}: ${reason ?? ""}`)).toEqual([
      "peer-not-allowed: wrong Origin",
      "peer-not-allowed: wrong Host",
      "peer-not-allowed: no token",
      "peer-not-allowed: wrong token",
    ]);
  });

  it("or program that opens lines and says nothing, or says it slowly, loses them; the window stays", async () => {
    const { url, token } = farm.master.ui!;
    const port = Number(new URL(url).port);
    const idle = Array.from({ length: 200 }, () => plainSocket(port));
    const slow = plainSocket(port);
    slow.write("GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n");
    const talking = setInterval(() => slow.write("x: y\r\n"), 500);
    await farm.encodesDuring(async () => {
      expect(await status({}, `?token=${token}`)).toBe(101);
      await Promise.all([...idle, slow].map(closed));
    });
    clearInterval(talking);
    expect(await status({}, `?token=${token}`)).toBe(101);
  });
});

/** Joins through the program's own client, under the name "liar". */
async function joinAsLiar(
  identity: Identity,
  more: { running?: readonly string[]; capabilities?: readonly string[] } = {},
): Promise<PeerLink> {
  const link = await connectToMaster({
    identity,
    address: { host: "127.0.0.1", port: farm.port },
    masterId: farm.master.deviceId,
    hello: { appVersion: "0.0.0", name: "liar" },
    signal: new AbortController().signal,
  });
  link.send({
    type: "joined",
    machine: {
      platform: "linux",
      cpuModel: "",
      cpuCount: 1,
      memoryBytes: 0,
      ffmpegVersion: "",
    },
    capabilities: [],
    slots: 1,
    running: [],
    availability: { kind: "ready" },
    ...more,
  });
  return link;
}

/** Joins as one who can do all the honest one can, and does `misdeed` with the first part of a film it is offered. */
async function takeOffer(
  identity: Identity,
  over: Promise<null>,
  misdeed: (link: PeerLink, offer: Offer) => Promise<void>,
): Promise<Offer | null> {
  const honest = farm.master.host
    .snapshot()
    .workers.find(({ name }) => name === "honest");
  const link = await joinAsLiar(identity, {
    // Without sound: a liar that says nothing of it is believed for minutes.
    capabilities: (honest?.capabilities ?? []).filter(
      (key) => !key.startsWith("audio:"),
    ),
  });
  const offered = new Promise<Offer>((resolve) => {
    link.onMessage((raw) => {
      const message = masterMessageSchema.parse(raw);
      if (message.type === "offer" && message.order.kind === "video")
        resolve(message);
    });
  });
  const offer = await Promise.race([offered, over]);
  if (offer !== null) await misdeed(link, offer);
  link.close();
  return offer;
}

function say(
  link: PeerLink,
  type: "started" | "progressed" | "finished" | "failed",
  attemptId: string,
): void {
  const facts = {
    started: {},
    progressed: { framesDone: 1, framesPerSecond: 1e6 },
    finished: { frames: 30, sizeBytes: 1000, sha256: "0".repeat(64) },
    failed: { code: "source-missing", detail: "../../x" },
  }[type];
  link.send({ type, attemptId, ...facts });
}

/** Names of attempts given out about the same time. */
function neighbours(attemptId: string): string[] {
  const [, prefix = "", number = "0"] = /^(.*?)(\d+)$/.exec(attemptId) ?? [];
  return Array.from({ length: 60 }, (_, n) => Number(number) - 30 + n)
    .filter((n) => n >= 0 && n !== Number(number))
    .map((n) => `${prefix}${String(n)}`);
}

async function* readFileOf(name: string): AsyncGenerator<Buffer> {
  yield await readFile((await fixtureSource(name, "ffmpeg")).file);
}

function plainSocket(port: number): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.resume();
  return socket;
}

async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await once(socket, "close");
}

async function ffmpeg(...args: string[]): Promise<void> {
  const run = promisify(execFile);
  await run("ffmpeg", ["-nostdin", "-v", "error", "-y", ...args]);
}
