import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  X509Certificate,
} from "node:crypto";
import { mkdir, open, readFile, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../core/errors.ts";
import type { DeviceId } from "../core/identifiers.ts";
import {
  deviceIdOfCertificate,
  pem,
  selfSignedCertificate,
} from "./certificate.ts";

/** Who this device is to others. The private key never leaves the machine. */
export interface Identity {
  readonly deviceId: DeviceId;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/**
 * The identity kept in a folder, made at first start: one file, readable by
 * its owner only. Failure `store-damaged` when it is there but cannot be used:
 * a new identity would silently end every pairing.
 */
export async function loadIdentity(folder: string): Promise<Identity> {
  const file = join(folder, "identity.pem");
  const text = await readIfThere(file);
  if (text !== null) return readIdentity(text);
  const identity = makeIdentity();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writePrivately(file, identity.privateKeyPem + identity.certificatePem);
  return identity;
}

/** A fresh identity, in memory only. */
export function makeIdentity(): Identity {
  const { publicKey, privateKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
  });
  const der = selfSignedCertificate(publicKey, privateKey, randomBytes(15));
  return readIdentity(
    privateKey.export({ type: "pkcs8", format: "pem" }).toString() +
      pem("CERTIFICATE", der),
  );
}

/** Key and certificate in one text, so that no crash leaves one without the other. */
function readIdentity(text: string): Identity {
  const block = (label: string): string =>
    new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----\n`).exec(
      text,
    )?.[0] ?? "";
  const certificatePem = block("CERTIFICATE");
  const privateKeyPem = block("PRIVATE KEY");
  try {
    const certificate = new X509Certificate(certificatePem);
    const key = createPrivateKey(privateKeyPem);
    const deviceId = deviceIdOfCertificate(certificate);
    if (deviceId === null) throw new Error("not a P-256 certificate");
    if (!certificate.checkPrivateKey(key))
      throw new Error("the certificate belongs to another key");
    if (!certificate.verify(createPublicKey(key)))
      throw new Error("the certificate's signature is wrong");
    return { deviceId, certificatePem, privateKeyPem };
  } catch (cause) {
    throw new Failure("store-damaged", "this device's identity", { cause });
  }
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT")
      return null;
    throw new Failure("store-damaged", "this device's identity", { cause });
  }
}

/** Whole or not at all, on the disk before it has its name. */
async function writePrivately(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString("hex")}.new`;
  try {
    const handle = await open(temporary, "wx", 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (cause) {
    await unlink(temporary).catch(() => undefined);
    throw new Failure("disk-full", "cannot write the identity", { cause });
  }
}
