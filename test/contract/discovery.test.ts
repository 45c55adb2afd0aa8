import { describe, expect, it } from "vitest";
import type { DeviceId } from "../../src-main/core/identifiers.ts";
import {
  startDiscovery,
  type Discovery,
} from "../../src-main/net/discovery/discovery.ts";
import { FakeMdnsNetwork } from "../fixtures/fake-mdns.ts";
import { discoveryContract } from "./discovery.contract.ts";

discoveryContract("a network in memory", () => {
  const network = new FakeMdnsNetwork();
  return Promise.resolve({
    options: {
      chosenInterfaces: () => null,
      timers: network.timers,
      openPort: network.open,
    },
    interfacesOf: (at) => () => FakeMdnsNetwork.computer(`10.0.0.${at}`),
    until: async (isSo, limitMs) => {
      for (let ms = 0; ms < limitMs && !isSo(); ms += 10)
        await network.pass(10);
      expect(isSo()).toBe(true);
    },
    dispose: () => Promise.resolve(),
  });
});

function start(
  network: FakeMdnsNetwork,
  letter: string,
  readInterfaces: () => ReturnType<typeof FakeMdnsNetwork.computer>,
): Discovery {
  return startDiscovery({
    deviceId: letter.repeat(64) as DeviceId,
    version: 1,
    computerName: `computer-${letter}`,
    chosenInterfaces: () => null,
    isPaired: () => false,
    log: () => undefined,
    timers: network.timers,
    openPort: network.open,
    random: () => 0.5,
    readInterfaces,
  });
}
const at = (address: string) => () => FakeMdnsNetwork.computer(address);

describe("discovery over time", () => {
  it("D8 a killed master is gone within ten seconds, an answering one stays", async () => {
    const network = new FakeMdnsNetwork();
    const worker = start(network, "a", at("10.0.0.1"));
    start(network, "b", at("10.0.0.2")).announce({ host: "::", port: 1 });
    await network.pass(600_000);
    expect(worker.peers()).toHaveLength(1);
    network.pull("10.0.0.2");
    await network.pass(4_000);
    expect(worker.peers()).toHaveLength(1);
    await network.pass(6_000);
    expect(worker.peers()).toHaveLength(0);
  });

  it("D8 of twenty workers about one asks at a time", async () => {
    const network = new FakeMdnsNetwork();
    start(network, "b", at("10.0.0.99")).announce({ host: "::", port: 1 });
    for (let one = 1; one <= 20; one += 1)
      start(network, one.toString(16).slice(-1), at(`10.0.0.${one}`));
    await network.pass(200_000);
    network.queries = 0;
    await network.pass(60_000);
    // One for every four seconds, and each computer's own search once a minute.
    expect(network.queries).toBeLessThan(60);
  });

  it("D8 with three of ten packets lost a master is found and kept", async () => {
    const network = new FakeMdnsNetwork();
    let state = 7;
    network.isLost = () => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state / 2_147_483_648 < 0.3;
    };
    const worker = start(network, "a", at("10.0.0.1"));
    start(network, "b", at("10.0.0.2")).announce({ host: "::", port: 1 });
    await network.pass(5_000);
    let gone = 0;
    for (let second = 0; second < 600; second += 1) {
      await network.pass(1_000);
      if (worker.peers().length === 0) gone += 1;
    }
    expect(gone).toBe(0);
  });

  it("D10 follows interfaces that come, change and go", async () => {
    const network = new FakeMdnsNetwork();
    const worker = start(network, "a", at("10.0.0.1"));
    let interfaces = FakeMdnsNetwork.computer("10.0.0.2");
    start(network, "b", () => interfaces).announce({ host: "::", port: 1 });
    await network.pass(1_000);
    interfaces = FakeMdnsNetwork.computer("10.0.0.3");
    await network.pass(2_000);
    const [newest] = worker.peers()[0]?.at ?? [];
    expect(newest?.sender).toBe("10.0.0.3");
    interfaces = [];
    await network.pass(11_000);
    expect(worker.peers()).toEqual([]);
    interfaces = FakeMdnsNetwork.computer("10.0.0.2");
    await network.pass(2_000);
    expect(worker.peers()).toHaveLength(1);
  });

  it("D11 a port that is taken is told and tried again", async () => {
    const network = new FakeMdnsNetwork();
    network.refusal = "EADDRINUSE";
    const worker = start(network, "a", at("10.0.0.1"));
    await network.pass(3_000);
    expect(worker.report().interfaces[0]).toMatchObject({
      state: "failed",
      trouble: "EADDRINUSE",
    });
    network.refusal = null;
    await network.pass(6_000);
    expect(worker.report().interfaces[0]).toMatchObject({ state: "open" });
  });

  it("another computer with our id is noticed", async () => {
    const network = new FakeMdnsNetwork();
    const one = start(network, "b", at("10.0.0.1"));
    start(network, "b", at("10.0.0.2")).announce({ host: "::", port: 1 });
    await network.pass(1_000);
    expect(one.report().twin?.sender).toBe("10.0.0.2");
  });
});
