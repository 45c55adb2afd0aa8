/** A worker that is let in and lies about its results. It speaks the real protocol over the real client. */
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { AttemptId } from "../../src-main/core/identifiers.ts";
import type { Order, VideoOrder } from "../../src-main/core/order.ts";
import { startEncode } from "../../src-main/media/encode.ts";
import { connectToMaster } from "../../src-main/net/farm-client.ts";
import type { PeerLink } from "../../src-main/net/peer-link.ts";
import {
  masterMessageSchema,
  transferIds,
  type MasterMessage,
  type WorkerMessage,
} from "../../src-main/protocol/messages.ts";
import type { DrillFarm } from "../fixtures/drill-farm.ts";
import { drillBinaries } from "../fixtures/drill-media.ts";

type Offer = Extract<MasterMessage, { type: "offer" }>;

export interface Lie {
  readonly name: string;
  /** What it hands in for an order, given the order's true result. */
  readonly result: (truth: Buffer, earlier: Buffer | null) => Buffer;
  /** What it encodes instead of what it was asked for. */
  readonly order?: (order: VideoOrder) => VideoOrder;
  /** It never hands anything in. Long: what is silent is believed for a while. */
  readonly isSilent?: boolean;
  /** What it says of its result, where that is not what it sent. */
  readonly claim?: Partial<Extract<WorkerMessage, { type: "finished" }>>;
}

export const lies: readonly Lie[] = [
  { name: "garbage", result: (truth) => randomBytes(truth.length) },
  {
    name: "a truncated segment",
    result: (truth) => truth.subarray(0, Math.floor(truth.length / 2)),
  },
  {
    name: "a segment of another range",
    result: (truth, earlier) => earlier ?? truth,
  },
  {
    name: "too few frames",
    result: (truth) => truth,
    order: (order) => ({
      ...order,
      expectedFrames: null,
      endUs: (order.endUs ?? 1e9) - 200_000,
    }),
  },
  {
    name: "damaged bytes in the middle",
    result: (truth) => {
      const bytes = Buffer.from(truth);
      return bytes.fill(0xa5, truth.length >> 1, (truth.length >> 1) + 2_000);
    },
  },
  { name: "nothing at all", result: () => Buffer.alloc(0) },
  {
    name: "another size than it says",
    result: (truth) => truth,
    claim: { sizeBytes: 5 },
  },
  { name: "silence", result: (truth) => truth, isSilent: true },
];

/** Every frame is where it should be, and one does not decode: only whoever looks at the pictures sees it. */
export function damagedWithin(truth: Buffer): Buffer {
  // Behind a frame's last bytes its successor's box begins with its size.
  const frameEnd = truth.indexOf("moof", truth.length >> 1) - 4;
  return Buffer.from(truth).fill(0xa5, frameEnd - 200, frameEnd - 100);
}

/** Said of a result that somebody has got already. */
const handedIn = { frames: 1, sizeBytes: 1, sha256: "0".repeat(64) };

export interface Joining {
  readonly capabilities?: readonly string[];
  /** Attempts it says to hold from before. */
  readonly running?: readonly AttemptId[];
  readonly onOffer?: (attemptId: AttemptId) => void;
}

/** Joins under the name of one of the farm's actors, and lies until the returned function is called. */
export async function joinLying(
  farm: DrillFarm,
  name: string,
  lie: Lie,
  joining: Joining = {},
): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), "reelfarm-liar-"));
  const link = await connectToMaster({
    identity: farm.identityOf(name),
    address: { host: "127.0.0.1", port: farm.port },
    masterId: farm.masterIdentity.deviceId,
    hello: { appVersion: "0.0.0", name: lie.name },
    signal: new AbortController().signal,
  });
  const send = (message: WorkerMessage): void => link.send(message);
  let earlier: Buffer | null = null;
  const answer = async (offer: Offer): Promise<void> => {
    const { attemptId, order } = offer;
    joining.onOffer?.(attemptId);
    send({ type: "started", attemptId });
    if (lie.isSilent) return;
    const truth = await encode(
      link,
      offer,
      order.kind === "video" ? (lie.order?.(order) ?? order) : order,
      folder,
    );
    const bytes = order.kind === "video" ? lie.result(truth, earlier) : truth;
    earlier ??= truth;
    await link.transfers.send(
      transferIds.result(attemptId),
      Readable.from([bytes], { objectMode: false }),
    );
    send({
      type: "finished",
      attemptId,
      frames: order.kind === "video" ? (order.expectedFrames ?? 0) : 0,
      sizeBytes: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      ...lie.claim,
    });
  };
  link.onMessage((raw) => {
    const message = masterMessageSchema.parse(raw);
    // Refused and cancelled offers end their transfers; a liar does not care.
    if (message.type === "offer") answer(message).catch(() => undefined);
  });
  send({
    type: "joined",
    machine: {
      platform: "linux",
      cpuModel: "",
      cpuCount: 1,
      memoryBytes: 0,
      ffmpegVersion: "",
    },
    // No sound: that is left to the honest one.
    capabilities: [...(joining.capabilities ?? ["encoder:ffv1"])],
    slots: 1,
    running: [...(joining.running ?? [])],
    availability: { kind: "ready" },
  });
  for (const attemptId of joining.running ?? [])
    send({ type: "finished", attemptId, ...handedIn });
  return async () => {
    link.close();
    await rm(folder, { recursive: true, force: true });
  };
}

async function encode(
  link: PeerLink,
  { attemptId }: Offer,
  order: Order,
  workFolder: string,
): Promise<Buffer> {
  const run = startEncode(await drillBinaries(), order, {
    workFolder,
    threads: 1,
  });
  const feed = link.transfers.receive(transferIds.feed(attemptId), {
    maxBytes: 1e9,
  });
  void pipeline(feed, run.input).catch(() => undefined);
  const chunks: Buffer[] = [];
  for await (const chunk of run.output) chunks.push(chunk as Buffer);
  await run.done;
  return Buffer.concat(chunks);
}
