import { t } from "../../messages/messages.svelte.ts";
import type { Farm } from "../../state/farm.svelte.ts";
import { attempt, notify } from "../../state/notices.ts";
import type { UiJob } from "../../../src-main/protocol/ui-contract.ts";
import { jobsFor, type JobAction } from "./job-actions.ts";
import { queueView, type JobFilter, type JobOrder } from "./queue-view.ts";
import type { Move } from "./row-order.ts";
import { nothingSelected, type Selection } from "./selection.ts";

/** Many requests at once fill the line; one after the other waits for each. */
const askedAtOnce = 16;

/** What is looked at and chosen on the queue's screen; the jobs themselves are the node's. */
export class QueueModel {
  filter = $state<JobFilter>("all");
  search = $state("");
  order = $state<JobOrder>("queue");
  selection = $state.raw<Selection>(nothingSelected);
  readonly #farm: Farm;

  readonly view = $derived.by(() =>
    queueView(this.#farm.jobs, {
      filter: this.filter,
      search: this.search,
      order: this.order,
    }),
  );
  readonly selected: readonly UiJob[] = $derived.by(() => {
    const { ids } = this.selection;
    return ids.size === 0
      ? []
      : this.view.rows.filter((job) => ids.has(job.jobId));
  });

  constructor(farm: Farm) {
    this.#farm = farm;
  }

  showAll(): void {
    this.filter = "all";
    this.search = "";
  }

  /** Carries an action out for those it means something for; what can be undone offers it. */
  async act(action: JobAction, jobs: readonly UiJob[]): Promise<void> {
    const able = jobsFor(action, jobs);
    if (able.length === 0) return;
    const ids = able.map((job) => job.jobId);
    const done = await attempt(() =>
      inParts(ids, (jobId) => this.#farm.ask({ type: `${action}-job`, jobId })),
    );
    if (!done) return;
    const count = ids.length;
    if (action === "remove")
      notify(t("queue.removed", { count, name: able[0]?.name ?? "" }), () =>
        this.#restore(ids),
      );
    if (action === "cancel")
      notify(t("queue.cancelled", { count }), () =>
        inParts(ids, (jobId) => this.#farm.ask({ type: "retry-job", jobId })),
      );
  }

  async retryFailed(): Promise<void> {
    await attempt(async () => {
      const { jobIds } = await this.#farm.ask({ type: "retry-failed" });
      notify(t("queue.retried", { count: jobIds.length }));
    });
  }

  async removeEnded(): Promise<void> {
    await attempt(async () => {
      const { jobIds } = await this.#farm.ask({ type: "remove-ended" });
      if (jobIds.length === 0) return;
      notify(t("queue.removed", { count: jobIds.length, name: "" }), () =>
        this.#restore(jobIds),
      );
    });
  }

  async cancelAll(): Promise<void> {
    await attempt(async () => {
      const { jobIds } = await this.#farm.ask({ type: "cancel-queue" });
      notify(t("queue.cancelled", { count: jobIds.length }));
    });
  }

  async pauseAll(isPaused: boolean): Promise<void> {
    await attempt(() =>
      this.#farm.ask({ type: isPaused ? "pause-queue" : "resume-queue" }),
    );
  }

  async move(moves: readonly Move[]): Promise<void> {
    await attempt(async () => {
      for (const move of moves)
        await this.#farm.ask({ type: "move-job", ...move });
    });
  }

  /** Each was put before the one behind it: the last one first. */
  async #restore(ids: readonly string[]): Promise<void> {
    for (const jobId of [...ids].reverse())
      await this.#farm.ask({ type: "restore-job", jobId });
  }
}

async function inParts(
  ids: readonly string[],
  ask: (id: string) => Promise<unknown>,
): Promise<void> {
  // In order, so that removed ones can be put back in the opposite one.
  for (let at = 0; at < ids.length; at += askedAtOnce)
    await Promise.all(ids.slice(at, at + askedAtOnce).map(ask));
}
