import { Failure } from "../core/errors.ts";
import type { DeviceId } from "../core/identifiers.ts";
import { isDeviceId } from "../core/identifiers.ts";
import { mastersOf, withFirstMaster, withoutMaster } from "../protocol/peer.ts";
import type { SetupRequest } from "../protocol/ui-setup.ts";
import { unreachable } from "../core/assert.ts";
import { startMasterRole, type MasterRole } from "./master-role.ts";
import { masterAddressOf, ownAddress } from "./master-address.ts";
import type { NodeContext } from "./node-context.ts";
import type { MasterAddress, NodeRole } from "./node-options.ts";
import { WorkerRole } from "./worker-role.ts";

/**
 * What a node is at this moment, and how it becomes something else while it
 * runs. One change at a time; a change that fails leaves it as it was before.
 */
export class NodeRoles {
  readonly #context: NodeContext;
  #role: NodeRole = "undecided";
  #master: MasterRole | null = null;
  #worker: WorkerRole | null = null;
  #changes: Promise<unknown> = Promise.resolve();

  constructor(context: NodeContext) {
    this.#context = context;
  }

  get role(): NodeRole {
    return this.#role;
  }
  get master(): MasterRole | null {
    return this.#master;
  }
  get worker(): WorkerRole | null {
    return this.#worker;
  }

  /** Failure `address-in-use` when it cannot listen. */
  become(role: NodeRole): Promise<void> {
    return this.#oneAtATime(() => this.#become(role));
  }

  /** What faces ask for; kept for the next start. */
  async handle(request: SetupRequest): Promise<null> {
    switch (request.type) {
      case "set-role":
        await this.become(request.role);
        await this.#context.store.updateSettings({ role: request.role });
        break;
      case "choose-master":
        await this.chooseMaster(deviceIdOf(request.deviceId));
        break;
      case "forget-master":
        await this.forgetMaster(deviceIdOf(request.deviceId));
        break;
      case "change-settings":
        await this.#context.store.updateSettings(definedOf(request.change));
        await this.#worker?.owner.look();
        break;
      case "owner-reading":
        this.#worker?.owner.tell(request);
        return null;
      default:
        unreachable(request);
    }
    this.#context.touch(null);
    return null;
  }

  /** A known master becomes the first and is served from now on. */
  async chooseMaster(id: DeviceId): Promise<void> {
    const { store } = this.#context;
    const { peers } = store.settings;
    if (!mastersOf(peers).some((one) => one.deviceId === id))
      throw new Failure("device-unknown", id);
    await store.updateSettings({ peers: withFirstMaster(peers, id) });
    await this.serveFirst();
  }

  /** A master served at this moment is left at once. */
  async forgetMaster(id: DeviceId): Promise<void> {
    const { store } = this.#context;
    const { peers } = store.settings;
    await store.updateSettings({ peers: withoutMaster(peers, id) });
    await this.serveFirst();
  }

  /** A worker goes to the master that now stands first; others stay as they are. */
  serveFirst(): Promise<void> {
    return this.#oneAtATime(async () => {
      if (this.#role === "worker") await this.#serve(this.#wantedMaster());
    });
  }

  close(): Promise<void> {
    return this.#oneAtATime(() => this.#leave());
  }

  async #become(role: NodeRole): Promise<void> {
    if (role === this.#role) return;
    const before = this.#role;
    await this.#leave();
    try {
      await this.#enter(role);
    } catch (error) {
      await this.#leave();
      await this.#enter(before);
      throw error;
    }
  }

  async #enter(role: NodeRole): Promise<void> {
    const context = this.#context;
    this.#role = role;
    if (role === "master" || role === "both")
      this.#master = await startMasterRole(context);
    if (role === "worker" || role === "both") {
      this.#worker = await WorkerRole.open(context);
      await this.#serve(this.#wantedMaster());
    }
    context.touch(null);
  }

  async #leave(): Promise<void> {
    const [worker, master] = [this.#worker, this.#master];
    this.#worker = null;
    this.#master = null;
    this.#role = "undecided";
    await worker?.close();
    await master?.close();
  }

  /** Its own master first; then what was named at the start; then the first it knows. */
  #wantedMaster(): MasterAddress | null {
    const { options, identity, store } = this.#context;
    if (this.#master !== null)
      return {
        ...ownAddress(this.#master.listening),
        deviceId: identity.deviceId,
      };
    const [first] = mastersOf(store.settings.peers);
    return options.master ?? (first ? masterAddressOf(first) : null);
  }

  async #serve(wanted: MasterAddress | null): Promise<void> {
    const worker = this.#worker;
    if (worker === null) return;
    // By its id alone: wherever it is now, it is looked for there.
    const now = worker.master?.deviceId;
    if (wanted === null) await worker.leave();
    else if (now !== wanted.deviceId) await worker.serve(wanted);
  }

  #oneAtATime<Result>(change: () => Promise<Result>): Promise<Result> {
    const done = this.#changes.then(change);
    this.#changes = done.catch(() => undefined);
    return done;
  }
}

/** The members that are there: a face may leave any out, the store knows no `undefined`. */
function definedOf<Change extends object>(
  change: Change,
): { [Key in keyof Change]: Exclude<Change[Key], undefined> } {
  const entries = Object.entries(change).filter(
    ([, value]) => value !== undefined,
  );
  return Object.fromEntries(entries) as {
    [Key in keyof Change]: Exclude<Change[Key], undefined>;
  };
}

function deviceIdOf(text: string): DeviceId {
  if (!isDeviceId(text)) throw new Failure("device-unknown", text);
  return text;
}
