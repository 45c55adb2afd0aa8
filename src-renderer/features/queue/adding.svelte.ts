import { t } from "../../messages/messages.svelte.ts";
import type { AppContext } from "../../state/app-context.ts";
import { attempt, notify } from "../../state/notices.ts";
import type { UiRefused } from "../../../src-main/protocol/ui-queue.ts";
import type { AddDraft } from "./add-draft.ts";
import { upload } from "./upload.ts";

/** How a draft is to be encoded. */
export interface AddChoices {
  readonly presetName: string;
  readonly folder: string | null;
  /** Below it, as in the folders that were added. */
  readonly keepsSubfolders: boolean;
  readonly template: string;
  readonly overwrite: boolean;
}

/** What of a draft did not become a job, and why. */
export interface AddReport {
  readonly addedCount: number;
  readonly refused: readonly UiRefused[];
  readonly skipped: readonly {
    readonly path: string;
    readonly reason: string;
  }[];
}

export interface Sending {
  readonly name: string;
  readonly doneCount: number;
  readonly count: number;
  readonly sentBytes: number;
  readonly sizeBytes: number;
}

/** Turns drafts into jobs: sends a browser's files, then asks the node. */
export class Adding {
  sending = $state.raw<Sending | null>(null);
  isBusy = $state(false);
  report = $state.raw<AddReport | null>(null);
  readonly #app: AppContext;
  #stop = new AbortController();

  constructor(app: AppContext) {
    this.#app = app;
  }

  /** Gives back whether it went through; what was left out is in `report`. */
  async add(draft: AddDraft, choices: AddChoices): Promise<boolean> {
    this.isBusy = true;
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    const done = await attempt(async () => {
      const unsent: { path: string; reason: string }[] = [];
      const sent = await this.#send(draft, signal, unsent);
      // Cancelling is no failure; what was sent already is not added.
      if (signal.aborted) return;
      const skipped = [
        ...draft.skipped.map(({ path, reason }) => ({
          path,
          reason: t(`queue.skip-${reason}`),
        })),
        ...unsent,
      ];
      await this.#ask(draft.paths, sent, choices, skipped);
    });
    this.isBusy = false;
    this.sending = null;
    return done && !signal.aborted;
  }

  cancel(): void {
    this.#stop.abort();
  }

  /** What each is called on the node, and was called here. */
  async #send(
    { files }: AddDraft,
    signal: AbortSignal,
    unsent: { path: string; reason: string }[],
  ): Promise<ReadonlyMap<string, string>> {
    const sent = new Map<string, string>();
    const sizeBytes = files.reduce((sum, { content }) => sum + content.size, 0);
    let beforeBytes = 0;
    for (const [doneCount, { path, content }] of files.entries()) {
      if (signal.aborted) break;
      const tell = (sentBytes: number): void => {
        this.sending = {
          name: content.name,
          doneCount,
          count: files.length,
          sentBytes: beforeBytes + sentBytes,
          sizeBytes,
        };
      };
      tell(0);
      try {
        const sentPath = await upload(content, {
          ...this.#app.farm.uploadPlace,
          signal,
          onProgress: tell,
        });
        sent.set(sentPath, path);
      } catch (error) {
        const why = error instanceof Error ? error.message : "";
        unsent.push({ path, reason: `${t("queue.skip-upload")} ${why}` });
      }
      beforeBytes += content.size;
    }
    return sent;
  }

  async #ask(
    paths: readonly string[],
    sent: ReadonlyMap<string, string>,
    { presetName, folder, keepsSubfolders, template, overwrite }: AddChoices,
    left: AddReport["skipped"],
  ): Promise<void> {
    const { farm } = this.#app;
    const sources = [...paths, ...sent.keys()];
    const answer =
      sources.length === 0
        ? { jobIds: [], refused: [], skipped: [] }
        : await farm.ask({
            type: "add-job",
            sources,
            presetName,
            output: folder,
            keepsSubfolders,
            nameTemplate: template,
            overwrite,
            segmentS: null,
            priority: 0,
          });
    const { jobIds } = answer;
    const refused = answer.refused.map((one) =>
      inPersonsWords(one, sent.get(one.source)),
    );
    const skipped = [...left, ...answer.skipped];
    if (refused.length + skipped.length > 0)
      this.report = { addedCount: jobIds.length, refused, skipped };
    else
      notify(t("queue.added", { count: jobIds.length }), async () => {
        for (const jobId of jobIds)
          await farm.ask({ type: "remove-job", jobId });
      });
  }
}

/** Where a sent file lies on the node means nothing to a person. */
function inPersonsWords(
  { source, failure }: UiRefused,
  path: string | undefined,
): UiRefused {
  if (path === undefined) return { source, failure };
  const named = (words: string): string => words.replaceAll(source, path);
  return {
    source: path,
    failure: {
      ...failure,
      text: named(failure.text),
      ...(failure.detail === undefined
        ? {}
        : { detail: named(failure.detail) }),
    },
  };
}
