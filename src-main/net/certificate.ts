import { createHash, sign } from "node:crypto";
import type { KeyObject, X509Certificate } from "node:crypto";
import { isDeviceId } from "../core/identifiers.ts";
import type { DeviceId } from "../core/identifiers.ts";
import { assert } from "../core/assert.ts";

/**
 * A self-signed certificate (X.509 v3, RFC 5280) for a P-256 key, as DER. Only
 * the key counts between devices, so name and dates say nothing about them;
 * keyUsage digitalSignature is what TLS 1.3 asks of a certificate.
 */
export function selfSignedCertificate(
  publicKey: KeyObject,
  privateKey: KeyObject,
  serial: Uint8Array,
): Buffer {
  const name = sequence(
    tlv(0x31, sequence(oid("550403"), tlv(0x0c, Buffer.from("reelfarm")))),
  );
  const dates = sequence(
    tlv(0x17, Buffer.from("200101000000Z")),
    tlv(0x18, Buffer.from("99991231235959Z")),
  );
  const keyUsage = extension("551d0f", tlv(0x03, Buffer.from([7, 0x80])));
  const notAuthority = extension("551d13", sequence());
  const signed = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.concat([Buffer.from([1]), serial])),
    ecdsaWithSha256,
    name,
    dates,
    name,
    publicKey.export({ type: "spki", format: "der" }),
    tlv(0xa3, sequence(keyUsage, notAuthority)),
  );
  const signature = sign("sha256", signed, privateKey);
  const signatureBits = Buffer.concat([Buffer.from([0]), signature]);
  return sequence(signed, ecdsaWithSha256, tlv(0x03, signatureBits));
}

/** SHA-256 of the public key's SPKI. */
export function deviceIdOfKey(publicKey: KeyObject): DeviceId {
  const spki = publicKey.export({ type: "spki", format: "der" });
  const id = createHash("sha256").update(spki).digest("hex");
  assert(isDeviceId(id), "a SHA-256 is a device id");
  return id;
}

/** The device a peer's certificate stands for; null when it is none of ours (not P-256). */
export function deviceIdOfCertificate(
  certificate: X509Certificate | undefined,
): DeviceId | null {
  if (certificate === undefined) return null;
  try {
    const key = certificate.publicKey;
    if (key.asymmetricKeyType !== "ec") return null;
    if (key.asymmetricKeyDetails?.namedCurve !== "prime256v1") return null;
    return deviceIdOfKey(key);
  } catch {
    return null; // A key OpenSSL cannot read is no device's.
  }
}

export function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** One DER value: tag, length, content. */
function tlv(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  assert(length < 0x10000, "certificates are small");
  return Buffer.concat([Buffer.from(head), content]);
}

function sequence(...parts: Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(parts));
}

function oid(hex: string): Buffer {
  return tlv(0x06, Buffer.from(hex, "hex"));
}

/** A critical extension. */
function extension(id: string, value: Buffer): Buffer {
  const critical = tlv(0x01, Buffer.from([0xff]));
  return sequence(oid(id), critical, tlv(0x04, value));
}

const ecdsaWithSha256 = sequence(oid("2a8648ce3d040302"));
