import { X509Certificate } from "node:crypto";
import {
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadIdentity, makeIdentity } from "../../../src-main/net/identity.ts";

describe("the identity of a device", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "reelfarm-identity-"));
  });
  afterEach(async () => await rm(folder, { recursive: true }));

  it("is made once and stays", async () => {
    const inner = join(folder, "new", "folder");
    const first = await loadIdentity(inner);
    expect(first.deviceId).toMatch(/^[0-9a-f]{64}$/);
    expect(await loadIdentity(inner)).toEqual(first);
    expect(await readdir(inner)).toEqual(["identity.pem"]);
    expect((await stat(join(inner, "identity.pem"))).mode & 0o777).toBe(0o600);
  });

  it("is a P-256 certificate for digital signatures", () => {
    const { certificatePem } = makeIdentity();
    const certificate = new X509Certificate(certificatePem);
    expect(certificate.publicKey.asymmetricKeyDetails).toEqual({
      namedCurve: "prime256v1",
    });
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.ca).toBe(false);
    // 2.5.29.15 critical, BIT STRING of the one bit digitalSignature.
    const keyUsage = Buffer.from("0603551d0f0101ff040403020780", "hex");
    expect(certificate.raw.includes(keyUsage)).toBe(true);
    expect(new Date(certificate.validFrom) < new Date()).toBe(true);
    expect(new Date(certificate.validTo).getUTCFullYear()).toBe(9999);
  });

  it("is another one each time", () => {
    expect(makeIdentity().deviceId).not.toBe(makeIdentity().deviceId);
  });

  it("refuses a damaged file instead of becoming someone else", async () => {
    await loadIdentity(folder);
    const file = join(folder, "identity.pem");
    const good = await readFile(file, "utf8");
    const other = makeIdentity();
    const damages = [
      "",
      good.slice(0, good.length / 2),
      good.replace(/[A-Za-z](?=[^-]*-----END PRIVATE)/, "!"),
      good.replace(/-----BEGIN CERTIFICATE[^]*/, other.certificatePem),
    ];
    for (const damage of damages) {
      await writeFile(file, damage);
      await expect(loadIdentity(folder)).rejects.toMatchObject({
        code: "store-damaged",
      });
      expect(await readFile(file, "utf8")).toBe(damage);
    }
  });
});
