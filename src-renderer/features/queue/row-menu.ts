import ArrowDown from "@lucide/svelte/icons/arrow-down";
import ArrowDownToLine from "@lucide/svelte/icons/arrow-down-to-line";
import ArrowUp from "@lucide/svelte/icons/arrow-up";
import ArrowUpToLine from "@lucide/svelte/icons/arrow-up-to-line";
import CircleX from "@lucide/svelte/icons/circle-x";
import Copy from "@lucide/svelte/icons/copy";
import FolderOpen from "@lucide/svelte/icons/folder-open";
import Maximize2 from "@lucide/svelte/icons/maximize-2";
import Pause from "@lucide/svelte/icons/pause";
import Play from "@lucide/svelte/icons/play";
import RotateCcw from "@lucide/svelte/icons/rotate-ccw";
import SlidersHorizontal from "@lucide/svelte/icons/sliders-horizontal";
import Trash2 from "@lucide/svelte/icons/trash-2";
import type { DesktopShell } from "../../../src-main/protocol/shell-contract.ts";
import type { UiJob } from "../../../src-main/protocol/ui-contract.ts";
import { t } from "../../messages/messages.svelte.ts";
import { attempt } from "../../state/notices.ts";
import type { MenuGroups, MenuItem } from "../../ui/Menu.svelte";
import { canBe, type JobAction } from "./job-actions.ts";
import type { QueueModel } from "./queue-model.svelte.ts";
import { movesBy } from "./row-order.ts";

export interface RowMenuPorts {
  readonly model: QueueModel;
  readonly shell: DesktopShell | null;
  /** Null: it is open. */
  readonly onOpen: ((job: UiJob) => void) | null;
  /** Another preset for these: beside them, or in their place. */
  readonly onPreset: (jobs: readonly UiJob[], inPlace: boolean) => void;
}

/** What can be done with the chosen rows, in groups. */
export function rowMenu(
  jobs: readonly UiJob[],
  ports: RowMenuPorts,
): MenuGroups {
  const { model, shell, onOpen, onPreset } = ports;
  const [only] = jobs.length === 1 ? jobs : [];
  const groups: MenuItem[][] = [[], [], [], []];
  if (only !== undefined && onOpen !== null)
    groups[0]?.push({
      label: t("queue.open"),
      icon: Maximize2,
      onSelect: () => onOpen(only),
    });
  if (only !== undefined && shell !== null)
    groups[0]?.push(...shellItems(only, shell));
  groups[1] = actionItems(jobs, model);
  if (jobs.every((job) => job.state === "waiting" || job.state === "paused"))
    groups[1].push({
      label: t("queue.change-preset"),
      icon: SlidersHorizontal,
      onSelect: () => onPreset(jobs, true),
    });
  groups[1].push({
    label: t("queue.duplicate"),
    icon: Copy,
    onSelect: () => onPreset(jobs, false),
  });
  if (model.view.isWhole) groups[2] = moveItems(jobs, model);
  groups[3] = [
    {
      label: t("queue.remove"),
      icon: Trash2,
      tone: "bad",
      onSelect: () => void model.act("remove", jobs),
    },
  ];
  return groups.filter((group) => group.length > 0);
}

function shellItems(job: UiJob, shell: DesktopShell): MenuItem[] {
  const isDone = job.state === "done";
  const reveal: MenuItem = {
    label: t("queue.reveal"),
    icon: FolderOpen,
    onSelect: () =>
      void attempt(() =>
        shell.reveal(isDone ? job.outputPath : job.sourcePath),
      ),
  };
  const play: MenuItem = {
    label: t("queue.play"),
    icon: Play,
    onSelect: () => void attempt(() => shell.open(job.outputPath)),
  };
  return isDone ? [reveal, play] : [reveal];
}

const actionIcons = {
  pause: Pause,
  resume: Play,
  cancel: CircleX,
  retry: RotateCcw,
};

function actionItems(jobs: readonly UiJob[], model: QueueModel): MenuItem[] {
  const actions = [
    "pause",
    "resume",
    "retry",
    "cancel",
  ] as const satisfies readonly JobAction[];
  return actions
    .filter((action) => jobs.some((job) => canBe(action, job)))
    .map((action) => ({
      label: t(`queue.${action}`),
      icon: actionIcons[action],
      onSelect: () => void model.act(action, jobs),
    }));
}

const ways = [
  ["top", "queue.to-top", ArrowUpToLine],
  ["up", "queue.up", ArrowUp],
  ["down", "queue.down", ArrowDown],
  ["bottom", "queue.to-bottom", ArrowDownToLine],
] as const;

function moveItems(jobs: readonly UiJob[], model: QueueModel): MenuItem[] {
  const chosen = new Set(jobs.map((job) => job.jobId));
  return ways.map(([way, label, icon]) => {
    const moves = movesBy(model.view.ids, chosen, way);
    return {
      label: t(label),
      icon,
      disabled: moves.length === 0,
      onSelect: () => void model.move(moves),
    };
  });
}
