import { Failure } from "../core/errors.ts";
import type {
  UiAnswer,
  UiChange,
  UiNode,
  UiRequest,
  UiSnapshot,
} from "../protocol/ui-contract.ts";
import type { UiFolder } from "../protocol/ui-media.ts";
import type { UiHost } from "./ui-host.ts";

/** Which folders faces elsewhere may look into and write to. */
export interface SharedFolders {
  readonly roots: () => Promise<readonly string[]>;
  /** Links are followed before it is decided; so is a file that is not there yet. */
  readonly holds: (path: string) => Promise<boolean>;
}

/** Stands above the shared folders where there are several. */
const topPath = "shared:";

/**
 * What each request is to a face on another device: `free`, bound to the shared
 * folders (`path`), or decided at this computer alone (`here`): who belongs to
 * the farm, what this computer is and does for its owner, who may open the
 * window (rule L9 of protocol/SPEC.md). A new request must be put in here.
 */
const reach: Readonly<Record<UiRequest["type"], "free" | "path" | "here">> = {
  snapshot: "free",
  "job-detail": "free",
  "pause-job": "free",
  "resume-job": "free",
  "cancel-job": "free",
  "retry-job": "free",
  "remove-job": "free",
  "restore-job": "free",
  "move-job": "free",
  "prioritise-job": "free",
  "choose-workers": "free",
  "pause-queue": "free",
  "resume-queue": "free",
  "cancel-queue": "free",
  "retry-failed": "free",
  "remove-ended": "free",
  "queue-settings": "free",
  "change-queue-settings": "free",
  "drain-worker": "free",
  "forgive-worker": "free",
  capabilities: "free",
  presets: "free",
  "save-preset": "free",
  "delete-preset": "free",
  "import-presets": "free",
  "export-preset": "free",
  history: "free",
  "clear-history": "free",
  "list-devices": "free",
  "drop-sample": "free",
  "add-job": "path",
  probe: "path",
  frame: "path",
  "make-sample": "path",
  "list-folder": "path",
  "set-role": "here",
  "choose-master": "here",
  "forget-master": "here",
  "change-settings": "here",
  "owner-reading": "here",
  "start-pairing": "here",
  "stop-pairing": "here",
  "answer-pairing": "here",
  "join-by-code": "here",
  "join-by-link": "here",
  "revoke-device": "here",
  "rename-device": "here",
  "rename-node": "here",
  "diagnose-network": "here",
  "search-network": "here",
  "change-lan-window": "here",
  "offer-browser-code": "here",
  "withdraw-browser-code": "here",
  "revoke-browser": "here",
};

/** A node as faces on other devices see it. */
export class RemoteHost implements UiHost {
  readonly #host: UiHost;
  readonly #folders: SharedFolders;

  constructor(host: UiHost, folders: SharedFolders) {
    this.#host = host;
    this.#folders = folders;
  }

  snapshot(): UiSnapshot {
    const snapshot = this.#host.snapshot();
    return { ...snapshot, node: withoutSecrets(snapshot.node) };
  }

  subscribe(listener: (change: UiChange) => void): () => void {
    return this.#host.subscribe((change) =>
      listener(
        change.node === undefined
          ? change
          : { ...change, node: withoutSecrets(change.node) },
      ),
    );
  }

  /** Rejects with `decided-there` for what is not for faces elsewhere. */
  async handle<Request extends UiRequest>(
    request: Request,
    signal?: AbortSignal,
  ): Promise<UiAnswer<Request["type"]>> {
    const asked: UiRequest = request;
    if (reach[asked.type] === "here")
      throw new Failure("decided-there", asked.type);
    if (asked.type === "snapshot")
      return this.snapshot() as UiAnswer<Request["type"]>;
    if (asked.type === "list-folder")
      return (await this.#list(asked.path)) as UiAnswer<Request["type"]>;
    for (const path of pathsOf(asked))
      if (!(await this.#folders.holds(path)))
        throw new Failure("decided-there", `${path} is in no shared folder`);
    return this.#host.handle(request, signal);
  }

  async #list(path: string | null): Promise<UiFolder> {
    const roots = await this.#folders.roots();
    const [only] = roots;
    if (path === topPath || (path === null && roots.length !== 1))
      return {
        path: topPath,
        parent: null,
        entries: roots.map((root) => folderEntry(root)),
        isCut: false,
      };
    const wanted = path ?? only ?? topPath;
    if (!(await this.#folders.holds(wanted)))
      throw new Failure("decided-there", `${wanted} is in no shared folder`);
    const found = await this.#host.handle({
      type: "list-folder",
      path: wanted,
    });
    const isTop =
      found.parent === null || !(await this.#folders.holds(found.parent));
    const above = roots.length > 1 ? topPath : null;
    return { ...found, parent: isTop ? above : found.parent };
  }
}

/** All paths a request names. */
function pathsOf(request: UiRequest): readonly string[] {
  switch (request.type) {
    case "add-job": {
      const { sources, output } = request;
      return output === null ? sources : [...sources, output];
    }
    case "probe":
    case "make-sample":
      return [request.path];
    case "frame":
      return "path" in request.of ? [request.of.path] : [];
    default:
      return [];
  }
}

/** A live pairing code, and who else is let in, are for this computer's own faces. */
function withoutSecrets(node: UiNode): UiNode {
  return { ...node, pairing: null, lanWindow: null };
}

function folderEntry(path: string): UiFolder["entries"][number] {
  return { name: path, path, isFolder: true, sizeBytes: null };
}
