/** Seeded changes to a store, and what the contents must be after each. */
import {
  attemptId,
  jobId,
  taskId,
} from "../../../src-main/core/identifiers.ts";
import type { JobId } from "../../../src-main/core/identifiers.ts";
import type { NodeStore } from "../../../src-main/store/node-store.ts";
import { fakeNodeStore } from "../../contract/store-fake.ts";
import {
  contentsOf,
  sampleAttempt,
  sampleEvent,
  sampleJob,
  sampleSegment,
} from "../../contract/store-samples.ts";
import { seededRandom } from "./seeded-random.ts";

export interface Change {
  readonly text: string;
  readonly run: (store: NodeStore) => Promise<void>;
  /** May be given together with the one before, without waiting. */
  readonly joins: boolean;
}

export interface Workload {
  readonly changes: readonly Change[];
  /** Contents after the first n changes, as JSON. */
  readonly expected: readonly string[];
}

export async function makeWorkload(
  seed: number,
  length: number,
  prefix = "",
): Promise<Workload> {
  const random = seededRandom(seed);
  const pick = (below: number): number => Math.floor(random() * below);
  const ids: JobId[] = [];
  const changes: Change[] = [];
  const add = (
    text: string,
    joins: boolean,
    run: (store: NodeStore) => Promise<void>,
  ): void => {
    changes.push({ text, run, joins: joins && random() < 0.5 });
  };
  for (let n = 0; n < length; n++) {
    const id = ids[pick(ids.length)];
    const kind = id === undefined ? 0 : pick(10);
    const name = `${prefix}job-${String(n)}`;
    if (id === undefined || kind === 0) {
      ids.push(jobId(name));
      add(`add ${name}`, true, (store) => store.putJob(sampleJob(name)));
    } else if (kind === 1) {
      const job = sampleJob(id, { state: "active", notes: [`n${String(n)}`] });
      add(`change ${id}`, true, (store) => store.putJob(job));
    } else if (kind === 2) {
      const before = pick(2) === 0 ? null : (ids[pick(ids.length)] ?? null);
      add(`move ${id}`, true, (store) => store.moveJob(id, before));
    } else if (kind === 3 && ids.length > 2) {
      ids.splice(ids.indexOf(id), 1);
      add(`remove ${id}`, false, (store) => store.removeJob(id));
    } else if (kind === 4) {
      const event = sampleEvent(`e${String(n)}`);
      add(`event ${id}`, true, (store) => store.recordEvent(id, event));
    } else if (kind === 5) {
      const change = { name: `node ${String(n)}` };
      add("settings", true, (store) => store.updateSettings(change));
    } else if (kind === 6) {
      const attempt = sampleAttempt(id, pick(4));
      add(`attempt ${id}`, true, (store) => store.recordAttempt(attempt));
    } else if (kind === 7 && pick(3) === 0) {
      const tasks = [taskId(`task-${String(pick(5))}`)];
      add(`drop ${id}`, false, (store) =>
        store.dropSegments(id, { taskIds: tasks }),
      );
    } else if (kind === 7) {
      // Ending one that is not there changes nothing, in both stores.
      const end = attemptId(`attempt-${String(pick(4))}`);
      add(`end ${end}`, true, (store) => store.endAttempt(end));
    } else {
      const segment = sampleSegment(pick(5), { recordedAtMs: n });
      add(`segment ${id}`, false, (store) => store.recordSegment(id, segment));
    }
  }
  return { changes, expected: await expectedOf(changes) };
}

async function expectedOf(changes: readonly Change[]): Promise<string[]> {
  const fake = fakeNodeStore();
  const expected = [JSON.stringify(await contentsOf(fake))];
  for (const change of changes) {
    await change.run(fake);
    expected.push(JSON.stringify(await contentsOf(fake)));
  }
  return expected;
}

/** How far a workload got: how many were begun, and up to which all were acknowledged. */
export interface Progress {
  begun: number;
  acknowledged: number;
}

/** Runs until the end or the first failure, which is thrown. */
export async function runWorkload(
  store: NodeStore,
  { changes }: Workload,
  progress: Progress,
): Promise<void> {
  const waiting: Promise<void>[] = [];
  for (const [at, change] of changes.entries()) {
    if (!change.joins) await settle(waiting.splice(0));
    progress.begun = at + 1;
    const done = change.run(store).then(() => {
      progress.acknowledged = Math.max(progress.acknowledged, at + 1);
    });
    waiting.push(done);
  }
  await settle(waiting);
}

/** Waits for all, so that none is left running; then throws the first failure. */
async function settle(promises: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(promises);
  for (const result of results)
    if (result.status === "rejected") throw result.reason;
}
