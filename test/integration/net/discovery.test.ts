/** The real thing on loopback: bonjour-service, a multicast socket, all computers at 127.0.0.1. */
import { createSocket } from "node:dgram";
import { createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { HostPort } from "../../../src-main/core/discovery/host-port.ts";
import { Failure } from "../../../src-main/core/errors.ts";
import { connectFirst } from "../../../src-main/net/connect-first.ts";
import { LanSocket } from "../../../src-main/net/discovery/lan-socket.ts";
import { discoveryContract } from "../../contract/discovery.contract.ts";

discoveryContract("loopback", () =>
  Promise.resolve({
    options: { chosenInterfaces: () => ["127.0.0.1"] },
    interfacesOf: () => undefined,
    until: async (isSo, limitMs) => {
      // A machine that does ten other things may take twice as long.
      const endMs = performance.now() + 2 * limitMs;
      while (!isSo() && performance.now() < endMs) await sleep(10);
      expect(isSo()).toBe(true);
    },
    dispose: () => Promise.resolve(),
  }),
);

const loopback = { name: "lo", address: "127.0.0.1", prefixBits: 8 };

describe("the socket", () => {
  it("D11 rejects with the system's code, and never emits an error", async () => {
    const elsewhere = { name: "eth9", address: "203.0.113.9", prefixBits: 24 };
    await expect(LanSocket.open(elsewhere)).rejects.toMatchObject({
      code: expect.stringMatching(/^E/) as string,
    });
    const greedy = createSocket({ type: "udp4", reuseAddr: false });
    await new Promise<void>((resolve, reject) => {
      greedy.once("error", reject);
      greedy.bind(5353, resolve);
    }).then(
      () =>
        expect(LanSocket.open(loopback)).rejects.toMatchObject({
          code: "EADDRINUSE",
        }),
      () => undefined, // Something of the machine has the port, shared.
    );
    await new Promise<void>((resolve) => greedy.close(() => resolve()));
  });

  it("D11 a failed send is told as trouble, not thrown", async () => {
    const socket = await LanSocket.open(loopback);
    const troubles: string[] = [];
    socket.on("trouble", (code: string) => troubles.push(code));
    const huge = Buffer.alloc(70_000);
    await new Promise<void>((resolve) =>
      socket.send(huge, 0, huge.length, 5353, "224.0.0.251", () => resolve()),
    );
    expect(troubles).toEqual(["EMSGSIZE"]);
    await new Promise<void>((resolve) => socket.close(resolve));
  });
});

async function listening(port = 0): Promise<{ server: Server; at: HostPort }> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) =>
    server.listen(port, "127.0.0.1", resolve),
  );
  const address = server.address();
  if (address === null || typeof address === "string")
    throw new Error("no port");
  return { server, at: { host: "127.0.0.1", port: address.port } };
}

describe("D12 several addresses", () => {
  const { signal } = new AbortController();

  it("goes on where nothing listens or another device answers", async () => {
    const [closed, wrong, right] = [
      await listening(),
      await listening(),
      await listening(),
    ];
    await new Promise((resolve) => closed.server.close(resolve));
    const tried: [number, string | null][] = [];
    const { link, address } = await connectFirst({
      candidates: [closed.at, wrong.at, right.at],
      signal,
      connect: ({ port }) =>
        port === wrong.at.port
          ? Promise.reject(new Failure("peer-wrong-id"))
          : Promise.resolve("link"),
      onTried: ({ address: { port }, trouble }) => tried.push([port, trouble]),
    });
    expect([link, address]).toEqual(["link", right.at]);
    expect(tried).toEqual([
      [closed.at.port, "ECONNREFUSED"],
      [wrong.at.port, "peer-wrong-id"],
      [right.at.port, null],
    ]);
    for (const { server } of [wrong, right]) server.close();
  });

  it("fails with the last word it was told, or that nobody answers", async () => {
    const [closed, gone, wrong] = [
      await listening(),
      await listening(),
      await listening(),
    ];
    for (const { server } of [closed, gone])
      await new Promise((resolve) => server.close(resolve));
    const connect = () => Promise.reject(new Failure("peer-not-allowed"));
    const attempt = (candidates: HostPort[]) =>
      connectFirst({ candidates, signal, connect });
    await expect(attempt([closed.at, gone.at])).rejects.toMatchObject({
      code: "master-unreachable",
    });
    await expect(attempt([closed.at, wrong.at])).rejects.toMatchObject({
      code: "peer-not-allowed",
    });
    wrong.server.close();
  });

  it("is cancelled", async () => {
    const stop = new AbortController();
    stop.abort();
    await expect(
      connectFirst({
        candidates: [
          { host: "127.0.0.1", port: 1 },
          { host: "127.0.0.1", port: 2 },
        ],
        signal: stop.signal,
        connect: () => Promise.resolve("link"),
      }),
    ).rejects.toMatchObject({ code: "cancelled" });
  });
});
