import { randomBytes } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { Failure } from "../../core/errors.ts";
import type { DeviceId } from "../../core/identifiers.ts";
import type { PairingMeans } from "../../core/pairing/pairing-book.ts";
import type { PairingIntroduction } from "../../protocol/pairing-messages.ts";
import {
  confirmationTags,
  CpaceRun,
  lengthValues,
  scalarBytes,
  type CpaceTags,
} from "./cpace.ts";

/** What a pairing is bound to besides its secret (rule P4). */
export interface PairingBond {
  readonly means: PairingMeans;
  /** Six digits, or a token in hex. */
  readonly secret: string;
  readonly workerId: DeviceId;
  readonly masterId: DeviceId;
  /** The TLS connection as this side sees it; `exporterOf`. */
  readonly exporter: Uint8Array;
}

/** What one side sends: its share in hex, and who it says it is. */
export interface PairingSide {
  readonly share: string;
  readonly reelfarm: PairingIntroduction["reelfarm"];
}

/**
 * Bytes that both ends of one TLS connection know and nobody else does (RFC
 * 8446, section 7.5). With a man in the middle there are two connections, and
 * the two ends have different bytes.
 */
export function exporterOf(wire: TLSSocket): Uint8Array {
  const nothing = Buffer.alloc(0);
  return wire.exportKeyingMaterial(32, "EXPORTER-reelfarm-pairing", nothing);
}

/** One side's part in a pairing: its share, then the proofs of both sides. */
export class PairingExchange {
  /** This side's share, hex. */
  readonly share: string;
  readonly #run: CpaceRun;
  readonly #bond: PairingBond;

  constructor(bond: PairingBond) {
    this.#bond = bond;
    this.#run = new CpaceRun(
      {
        secret: Buffer.from(bond.secret, "utf8"),
        channel: lengthValues(
          Buffer.from(`reelfarm pairing 1 ${bond.means}`, "utf8"),
          Buffer.from(bond.workerId, "hex"),
          Buffer.from(bond.masterId, "hex"),
        ),
        session: bond.exporter,
      },
      randomBytes(scalarBytes),
    );
    this.share = Buffer.from(this.#run.share).toString("hex");
  }

  /** Failure `peer-broken` when the other's share is none. */
  proofs(worker: PairingSide, master: PairingSide): CpaceTags {
    const first = messageOf(worker, "worker");
    const second = messageOf(master, "master");
    const key = this.#run.key(first, second);
    if (key === null) throw new Failure("peer-broken", "P4: no share");
    return confirmationTags(key, this.#bond.exporter, first, second);
  }
}

/** Everything said in the open is proven with the key: nobody can change a name on the way. */
function messageOf(
  { share, reelfarm }: PairingSide,
  role: "worker" | "master",
): { share: Uint8Array; said: Uint8Array } {
  const { name, appVersion, lowest, highest } = reelfarm;
  const words = [role, name, appVersion, String(lowest), String(highest)];
  return {
    share: Buffer.from(share, "hex"),
    said: lengthValues(...words.map((word) => Buffer.from(word, "utf8"))),
  };
}
