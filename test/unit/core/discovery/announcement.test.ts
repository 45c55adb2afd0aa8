import { describe, expect, test } from "vitest";
import {
  announcedHost,
  announcementTxt,
  instanceName,
  readAnswer,
  type DnsRecord,
} from "../../../../src-main/core/discovery/announcement.ts";
import type { DeviceId } from "../../../../src-main/core/identifiers.ts";

const id = "ab".repeat(32) as DeviceId;
const type = "_reelfarm._tcp.local";
const full = `${instanceName(id)}.${type}`;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function answer(change: Partial<Record<string, unknown>> = {}): DnsRecord[] {
  const { txt, port, name, addresses, ttl, target } = {
    ...{ txt: [`id=${id}`, "v=3"], port: 47_600, name: full, ttl: 120 },
    target: announcedHost(id, "gaming-pc"),
    addresses: ["192.168.1.5"],
    ...change,
  } as {
    txt: string[];
    port: number;
    name: string;
    addresses: string[];
    ttl: number;
    target: string;
  };
  return [
    { name: type, type: "PTR", ttl, data: name },
    { name, type: "SRV", ttl: 120, data: { port, target } },
    { name, type: "TXT", ttl: 120, data: txt.map(bytes) },
    ...addresses.map((data) => ({ name: target, type: "A", ttl: 120, data })),
  ];
}
const read = (change?: Partial<Record<string, unknown>>) =>
  readAnswer(answer(change), "192.168.1.5");

describe("announcements", () => {
  test("D3 D4 what is announced is read again", () => {
    expect(announcementTxt(id, 3)).toEqual({ id, v: "3" });
    expect(full.length).toBeLessThan(64 + type.length);
    expect(read().sightings).toEqual([
      {
        deviceId: id,
        version: 3,
        port: 47_600,
        sender: "192.168.1.5",
        addresses: [],
        hostName: "gaming-pc",
      },
    ]);
  });

  test("D4 keys and names in any case; the first of each key counts", () => {
    const txt = [`ID=${id}`, "V=3", "v=9"];
    expect(read({ txt, name: full.toUpperCase() }).sightings[0]?.version).toBe(
      3,
    );
  });

  test.each<[string, Partial<Record<string, unknown>>]>([
    ["no id", { txt: ["v=1"] }],
    ["an id that is none", { txt: ["id=xyz", "v=1"] }],
    ["another's name", { txt: [`id=${"cd".repeat(32)}`, "v=1"] }],
    ["a version that is none", { txt: [`id=${id}`, "v=1e3"] }],
    ["version zero", { txt: [`id=${id}`, "v=0"] }],
    ["port zero", { port: 0 }],
    ["a port beyond", { port: 70_000 }],
    ["a name that is none", { name: "printer._ipp._tcp.local" }],
  ])("D5 not read: %s", (_, change) => {
    expect(read(change).sightings).toEqual([]);
  });

  test("D5 not read: records of other kinds in their place", () => {
    const odd = [
      { name: type, type: "PTR", ttl: 1, data: 7 },
      { name: type, type: "PTR", ttl: 1, data: full },
      { name: full, type: "SRV", ttl: 1, data: null },
      { name: full, type: "TXT", ttl: 1, data: "id" },
    ];
    expect(readAnswer(odd, "192.168.1.5")).toEqual({
      sightings: [],
      goodbyes: [],
    });
  });

  test("D5 public, loopback and multicast addresses are dropped, and all beyond eight", () => {
    const addresses = [
      ...["8.8.8.8", "127.0.0.1", "224.0.0.1", "0.0.0.0", "no", "10.0.0.1"],
      ...Array.from({ length: 20 }, (_, at) => `172.16.0.${at}`),
    ];
    const found = read({ addresses }).sightings[0]?.addresses;
    expect(found?.[0]).toBe("10.0.0.1");
    expect(found).toHaveLength(8);
  });

  test.each([
    ["gaming-pc", "gaming-pc"],
    ["Studio.fritz.box", "Studio"],
    ["Jörg's PC", "J-rg-s-PC"],
    ["--", null],
    ["localhost", null],
    ["", null],
    ["x".repeat(200), "x".repeat(63)],
  ])("D3 the computer %j is known as %j", (computerName, known) => {
    const target = announcedHost(id, computerName);
    expect(read({ target }).sightings[0]?.hostName).toBe(known);
  });

  test.each([
    "gaming-pc.local",
    announcedHost("cd".repeat(32) as DeviceId, "gaming-pc"),
    `<b>.${announcedHost(id, "")}`,
    `\u202egnp.${announcedHost(id, "")}`,
    `${"x".repeat(64)}.${announcedHost(id, "")}`,
    `one.two.${announcedHost(id, "")}`,
    `.${announcedHost(id, "")}`,
  ])("D3 no name for people: %j", (target) => {
    expect(read({ target }).sightings[0]?.hostName).toBeNull();
  });

  test("D9 a goodbye names the instance", () => {
    expect(read({ ttl: 0 })).toEqual({
      sightings: [],
      goodbyes: [instanceName(id)],
    });
  });
});
