import { X509Certificate } from "node:crypto";
import { unreachable } from "../core/assert.ts";
import { formatHostPort } from "../core/discovery/host-port.ts";
import { Failure } from "../core/errors.ts";
import { failureView } from "../master/queue-view.ts";
import { Door } from "../net/door.ts";
import type { DoorLimits } from "../net/link-limits.ts";
import { systemInterfaces } from "../net/discovery/system-interfaces.ts";
import type { LanRequest, UiLanWindow } from "../protocol/ui-lan.ts";
import type { UploadShelf } from "../store/upload-shelf.ts";
import { startLanServer, type LanServer } from "../ui-server/lan-server.ts";
import { LoginDesk } from "../ui-server/login-desk.ts";
import { RemoteHost } from "../ui-server/remote-host.ts";
import type { UiHost } from "../ui-server/ui-host.ts";
import type { NodeContext } from "./node-context.ts";
import { lanAddresses, ownHosts, plainAddress } from "./own-hosts.ts";
import { RefusalLog } from "./refusal-log.ts";
import { OwnersFolders } from "./shared-folders.ts";

/** A phone far from the router still loads the page in this time. */
const doorLimits: DoorLimits = {
  handshakeMs: 20_000,
  strangersPerAddress: 24,
  connections: 256,
};

/** The node's window for other devices of the home: on or off, who is let in. */
export class LanWindow {
  readonly #context: NodeContext;
  readonly #desk: LoginDesk;
  readonly #refusals: RefusalLog;
  readonly #fingerprint: string;
  #server: LanServer | null = null;
  #trouble: Failure | null = null;
  /** What it is opened on; null: this node serves no window at all. */
  #parts: { readonly host: UiHost; readonly uploads: UploadShelf } | null =
    null;
  #changes: Promise<unknown> = Promise.resolve();

  constructor(context: NodeContext) {
    const { store, log, touch, identity } = context;
    this.#context = context;
    this.#refusals = new RefusalLog(log, () => Date.now());
    this.#fingerprint = new X509Certificate(
      identity.certificatePem,
    ).fingerprint256;
    this.#desk = new LoginDesk({
      shelf: {
        all: () => store.settings.browsers,
        keep: (browsers) => store.updateSettings({ browsers }),
      },
      onChanged: () => touch(null),
      onGone: (id) => this.#server?.end(id),
    });
  }

  /** Opens it where the settings have it on; a port that is taken is told in the window, and the node goes on. */
  async open(host: UiHost, uploads: UploadShelf): Promise<void> {
    this.#parts = { host, uploads };
    await this.#oneAtATime(() => this.#follow()).catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
      this.#context.log(`window for other devices: ${error.message}`);
    });
  }

  view(): UiLanWindow | null {
    if (this.#parts === null) return null;
    const { settings } = this.#context.store;
    const server = this.#server;
    return {
      isOn: settings.uiLanAccess,
      trouble: this.#trouble === null ? null : failureView(this.#trouble),
      urls:
        server === null
          ? []
          : this.#addresses().map(
              (host) =>
                `https://${formatHostPort({ host, port: server.port })}/`,
            ),
      fingerprint: this.#fingerprint,
      offer: server === null ? null : this.#desk.offered,
      browsers: this.#desk.browsers.map((one) => ({
        browserId: one.id,
        name: one.name,
        isConnected: server?.holds(one.id) === true,
        pairedAtMs: one.pairedAtMs,
        lastSeenAtMs: one.lastSeenAtMs,
        address: one.lastAddress,
        expiresAtMs: one.expiresAtMs,
      })),
      folders: settings.uiLanFolders,
    };
  }

  /** What faces on this computer ask. */
  async handle(request: LanRequest): Promise<unknown> {
    switch (request.type) {
      case "change-lan-window":
        await this.#oneAtATime(() => this.#change(request));
        return null;
      case "offer-browser-code":
        if (this.#server === null)
          throw new Failure(
            "job-state-wrong",
            "the window is not open to other devices; switch that on first",
          );
        return this.#desk.offer();
      case "withdraw-browser-code":
        this.#desk.withdraw();
        return null;
      case "revoke-browser":
        await this.#desk.revoke(request.browserId);
        return null;
      default:
        return unreachable(request);
    }
  }

  async close(): Promise<void> {
    this.#desk.close();
    await this.#oneAtATime(() => this.#stop());
  }

  async #change({
    isOn,
    port,
    folders,
  }: Extract<LanRequest, { type: "change-lan-window" }>): Promise<void> {
    const { store, touch } = this.#context;
    const before = store.settings;
    await store.updateSettings({
      ...(isOn === undefined ? {} : { uiLanAccess: isOn }),
      ...(port === undefined ? {} : { uiLanPort: port }),
      ...(folders === undefined ? {} : { uiLanFolders: folders }),
    });
    if (port !== undefined && port !== before.uiLanPort) await this.#stop();
    try {
      await this.#follow();
    } catch (error) {
      // Not left on where it is not there: the next start would only fail again.
      await store.updateSettings({ uiLanAccess: false });
      this.#trouble = null;
      throw error;
    } finally {
      touch(null);
    }
  }

  async #follow(): Promise<void> {
    const isWanted = this.#context.store.settings.uiLanAccess;
    this.#trouble = null;
    if (!isWanted) await this.#stop();
    else if (this.#server === null) await this.#start();
  }

  async #start(): Promise<void> {
    if (this.#parts === null) return;
    const { options, store, identity, touch, log } = this.#context;
    const { host, uploads } = this.#parts;
    const folders = new OwnersFolders(
      () => store.settings,
      (path) => uploads.holds(path),
    );
    try {
      this.#server = await startLanServer({
        host: new RemoteHost(host, folders),
        listen: { host: options.listen.host, port: store.settings.uiLanPort },
        ...identity,
        ownHosts: () => ownHosts(this.#addresses()),
        takesAt: (address) => this.#addresses().includes(plainAddress(address)),
        desk: this.#desk,
        door: new Door(doorLimits, ({ address, code }) =>
          this.#refusals.add({ address, code, reason: "page" }),
        ),
        bundleFolder: options.bundleFolder,
        uploads,
        onRefused: (refused) => this.#refusals.add(refused),
        onBug: (error) => log(`window for other devices: ${String(error)}`),
        onChanged: () => touch(null),
      });
    } catch (error) {
      if (error instanceof Failure) this.#trouble = error;
      throw error;
    }
    for (const url of this.view()?.urls ?? [])
      log(`window for other devices at ${url}`);
  }

  /** Ends every line at once; who was let in stays so. */
  async #stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    this.#desk.withdraw();
    await server.close();
  }

  #addresses(): readonly string[] {
    const { options, store } = this.#context;
    return lanAddresses(
      options.listen.host,
      systemInterfaces(),
      store.settings.interfaces,
    );
  }

  #oneAtATime<Result>(change: () => Promise<Result>): Promise<Result> {
    const done = this.#changes.then(change);
    this.#changes = done.catch(() => undefined);
    return done;
  }
}
