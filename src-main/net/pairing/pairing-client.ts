import { Failure } from "../../core/errors.ts";
import type { DeviceId } from "../../core/identifiers.ts";
import { deviceLabel } from "../../core/pairing/device-label.ts";
import {
  defaultPairingLimits,
  type PairingMeans,
} from "../../core/pairing/pairing-book.ts";
import {
  commonVersion,
  helloMessage,
  ownProtocol,
  type LocalHello,
} from "../../protocol/hello.ts";
import {
  masterOpeningSchema,
  masterVerdictSchema,
} from "../../protocol/pairing-messages.ts";
import type { Identity } from "../identity.ts";
import {
  defaultDoorLimits,
  systemTimers,
  type Timers,
} from "../link-limits.ts";
import { connectTo, type NetAddress } from "../secure-socket.ts";
import { openWebSocket, pairPath } from "../web-socket.ts";
import { isSame } from "./cpace.ts";
import { exporterOf, PairingExchange } from "./pairing-exchange.ts";
import { PairingLine } from "./pairing-line.ts";

export interface JoinOptions {
  readonly identity: Identity;
  readonly hello: LocalHello;
  readonly address: NetAddress;
  readonly means: PairingMeans;
  /** Six digits, or a link's token in hex. */
  readonly secret: string;
  /** A link says who the master is; with a code it is who knows the code. */
  readonly masterId: DeviceId | null;
  readonly signal: AbortSignal;
  /** The code was right, and the person at the master is being asked. */
  readonly onWaiting?: (masterName: string) => void;
  readonly timers?: Timers;
}

/** The master that proved to know the secret. */
export interface JoinedMaster {
  readonly masterId: DeviceId;
  readonly name: string;
  readonly appVersion: string;
  readonly address: NetAddress;
}

/**
 * One try to pair with a master. When it resolves, the master has let this
 * device in. Failures: `master-unreachable`, `peer-wrong-id`, `peer-version`,
 * `peer-broken`, `pairing-closed`, `pairing-code-wrong`, `pairing-busy`,
 * `pairing-limit`, `pairing-refused`, `cancelled`, and what kept the master from
 * writing it down.
 */
export async function joinMaster(options: JoinOptions): Promise<JoinedMaster> {
  const { identity, address, signal } = options;
  const timeoutMs = defaultDoorLimits.handshakeMs;
  const { wire, peerId: masterId } = await connectTo(
    identity,
    address,
    options.masterId,
    { signal, timeoutMs },
  );
  if (masterId === identity.deviceId) {
    wire.destroy();
    throw new Failure("peer-wrong-id", "it is this computer itself");
  }
  const exporter = exporterOf(wire);
  const socket = await openWebSocket(wire, pairPath, {}, timeoutMs);
  const line = new PairingLine(socket, options.timers ?? systemTimers);
  const cancel = (): void => socket.terminate();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    return await prove(options, line, masterId, exporter);
  } catch (error) {
    throw signal.aborted ? new Failure("cancelled") : error;
  } finally {
    signal.removeEventListener("abort", cancel);
    line.close();
  }
}

/** The worker's proof goes first: a master that does not know the secret learns nothing it could grind. */
async function prove(
  options: JoinOptions,
  line: PairingLine,
  masterId: DeviceId,
  exporter: Uint8Array,
): Promise<JoinedMaster> {
  const { hello, means, secret } = options;
  const stepMs = defaultDoorLimits.handshakeMs;
  const exchange = new PairingExchange({
    means,
    secret,
    workerId: options.identity.deviceId,
    masterId,
    exporter,
  });
  const { reelfarm } = helloMessage(hello);
  const { share } = exchange;
  line.say({ reelfarm, pairing: { means, share } });
  const opening = await line.next(masterOpeningSchema, stepMs);
  const { appVersion } = opening.reelfarm;
  const name = deviceLabel(opening.reelfarm.name);
  if (commonVersion(hello.protocol ?? ownProtocol, opening.reelfarm) === null)
    throw new Failure("peer-version", `the master is ${appVersion}`);
  const proofs = exchange.proofs(
    { share, reelfarm },
    { share: opening.pairing.share, reelfarm: opening.reelfarm },
  );
  line.say({ proof: Buffer.from(proofs.initiator).toString("hex") });
  let verdict = await line.next(masterVerdictSchema, stepMs);
  if ("waiting" in verdict) {
    options.onWaiting?.(name);
    const patienceMs = defaultPairingLimits.answerMs + stepMs;
    verdict = await line.next(masterVerdictSchema, patienceMs);
  }
  if ("waiting" in verdict) throw new Failure("peer-broken", "P3: waits twice");
  if (!isSame(Buffer.from(verdict.proof, "hex"), proofs.responder))
    throw new Failure("pairing-code-wrong", "The other side does not know it.");
  line.say({ done: true });
  return { masterId, name, appVersion, address: options.address };
}
