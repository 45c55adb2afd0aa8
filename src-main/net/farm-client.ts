import type { WebSocket } from "ws";
import { Failure, isErrorCode } from "../core/errors.ts";
import type { DeviceId } from "../core/identifiers.ts";
import {
  commonVersion,
  helloMessage,
  helloSchema,
  ownProtocol,
} from "../protocol/hello.ts";
import type { Hello, LocalHello } from "../protocol/hello.ts";
import { refusalSchema } from "../protocol/link-messages.ts";
import { ControlLink, parseJson } from "./control-link.ts";
import { keepDataPool } from "./data-pool.ts";
import type { Identity } from "./identity.ts";
import {
  defaultDoorLimits,
  defaultLinkTiming,
  systemTimers,
} from "./link-limits.ts";
import type { LinkTiming, Timers } from "./link-limits.ts";
import type { PeerLink } from "./peer-link.ts";
import { connectSecurely } from "./secure-socket.ts";
import type { NetAddress } from "./secure-socket.ts";
import { TransferHub } from "./transfer-hub.ts";
import { controlPath, openWebSocket } from "./web-socket.ts";

export interface ConnectOptions {
  readonly identity: Identity;
  readonly address: NetAddress;
  readonly masterId: DeviceId;
  readonly hello: LocalHello;
  /** Ends the attempt; a link that was made is not touched. */
  readonly signal: AbortSignal;
  /** The link that was lost: its transfers go on over the new one if the master still knows it. */
  readonly resume?: PeerLink;
  readonly timing?: Partial<LinkTiming>;
  readonly timers?: Timers;
  /** For connection and hello together, each. */
  readonly handshakeMs?: number;
}

/**
 * One attempt to reach a master. Failures: `master-unreachable`,
 * `peer-wrong-id`, `peer-not-allowed`, `peer-version`, `peer-broken`,
 * `cancelled`.
 */
export async function connectToMaster(
  options: ConnectOptions,
): Promise<PeerLink> {
  const { identity, address, masterId, signal } = options;
  const timeoutMs = options.handshakeMs ?? defaultDoorLimits.handshakeMs;
  const dialing = { signal, timeoutMs };
  const wire = await connectSecurely(identity, address, masterId, dialing);
  const socket = await openWebSocket(wire, controlPath, {}, timeoutMs);
  const link = await greet(socket, options, timeoutMs);
  keepDataPool(link, { identity, address, timeoutMs }, timersOf(options));
  return link;
}

function timersOf(options: ConnectOptions): Timers {
  return options.timers ?? systemTimers;
}

/** Says hello, and makes the link in the same turn as the answer comes: no message is missed. */
async function greet(
  socket: WebSocket,
  options: ConnectOptions,
  timeoutMs: number,
): Promise<ControlLink> {
  const earlier = options.resume instanceof ControlLink ? options.resume : null;
  const session =
    earlier === null || earlier.hub.isAbandoned
      ? {}
      : { session: earlier.session };
  return await new Promise((resolve, reject) => {
    const fail = (failure: Failure): void => {
      release();
      socket.terminate();
      reject(failure);
    };
    const lost = (): void =>
      fail(new Failure("master-unreachable", options.address.host));
    const cancel = (): void => fail(new Failure("cancelled"));
    const stopTimer = timersOf(options).after(timeoutMs, lost);
    const release = (): void => {
      stopTimer();
      options.signal.removeEventListener("abort", cancel);
      socket.removeListener("close", lost);
    };
    if (options.signal.aborted) return cancel();
    options.signal.addEventListener("abort", cancel, { once: true });
    socket.once("close", lost);
    socket.on("error", () => socket.terminate());
    socket.once("message", (data) => {
      const answer = readAnswer(parseJson(data), options.hello);
      if (answer instanceof Failure) return fail(answer);
      release();
      resolve(makeLink(socket, answer, options, earlier));
    });
    socket.send(JSON.stringify(helloMessage(options.hello, session)));
  });
}

type Answer = Hello & { readonly protocol: number; readonly session: string };

/** The master's hello or its refusal. */
function readAnswer(message: unknown, local: LocalHello): Answer | Failure {
  const refusal = refusalSchema.safeParse(message);
  if (refusal.success) {
    const { code, detail } = refusal.data.refused;
    return new Failure(isErrorCode(code) ? code : "peer-broken", detail);
  }
  const hello = helloSchema.safeParse(message);
  if (!hello.success || hello.data.session === undefined)
    return new Failure("peer-broken", "hello");
  const { reelfarm, session } = hello.data;
  const protocol = commonVersion(local.protocol ?? ownProtocol, reelfarm);
  if (protocol === null)
    return new Failure("peer-version", `the master is ${reelfarm.appVersion}`);
  return { ...hello.data, protocol, session };
}

function makeLink(
  socket: WebSocket,
  answer: Answer,
  options: ConnectOptions,
  earlier: ControlLink | null,
): ControlLink {
  const timing = { ...defaultLinkTiming, ...options.timing };
  const timers = timersOf(options);
  const resumed =
    answer.resumed === true && earlier !== null && !earlier.hub.isAbandoned;
  if (!resumed)
    earlier?.hub.abandon(new Failure("transfer-broken", "a new session"));
  return new ControlLink({
    socket,
    peerId: options.masterId,
    peerHello: {
      appVersion: answer.reelfarm.appVersion,
      name: answer.reelfarm.name,
      details: answer.details,
      protocol: answer.protocol,
    },
    remoteAddress: `${options.address.host}:${options.address.port}`,
    session: answer.session,
    resumed,
    hub: resumed ? earlier.hub : new TransferHub(timers, timing.graceMs),
    timers,
    timing,
  });
}
