import { Failure } from "../../core/errors.ts";
import { parseJoinLink } from "../../core/pairing/join-link.ts";
import { parsePairingCode } from "../../core/pairing/pairing-code.ts";
import type { NetAddress } from "../secure-socket.ts";
import {
  joinMaster,
  type JoinedMaster,
  type JoinOptions,
} from "./pairing-client.ts";

/** What a person typed or pasted, read. */
export type JoinSecret = Pick<JoinOptions, "means" | "secret" | "masterId">;

/** Failure `pairing-code-wrong` when it has no six digits. */
export function readCode(typed: string): JoinSecret {
  const code = parsePairingCode(typed);
  if (code === null)
    throw new Failure("pairing-code-wrong", "A code has six digits.");
  return { means: "code", secret: code, masterId: null };
}

/** Failure `join-link-invalid`. */
export function readLink(text: string): {
  readonly secret: JoinSecret;
  readonly addresses: readonly NetAddress[];
} {
  const link = parseJoinLink(text);
  if (link === null) throw new Failure("join-link-invalid");
  const { masterId, token, addresses } = link;
  return { secret: { means: "link", secret: token, masterId }, addresses };
}

/** Tries the addresses in order until one is this master's. */
export async function joinFirst(
  addresses: readonly NetAddress[],
  options: Omit<JoinOptions, "address">,
): Promise<JoinedMaster> {
  let failure = new Failure("join-link-invalid");
  for (const address of addresses) {
    try {
      return await joinMaster({ ...options, address });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failure = error;
      const isElsewhere =
        error.code === "master-unreachable" || error.code === "peer-wrong-id";
      if (!isElsewhere) throw error;
    }
  }
  throw failure;
}
