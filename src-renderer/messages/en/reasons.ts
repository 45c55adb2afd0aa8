/** Why a worker is idle or a job waits: the keys of core/scheduler/explain.ts. */
export const reasonMessages = {
  "reason.worker-absent": "It is not connected.",
  "reason.worker-silent":
    "It went silent; it gets work again when it has reconnected.",
  "reason.worker-draining": "It finishes what it has and takes nothing new.",
  "reason.worker-suspended": "{why}.",
  "reason.worker-resting":
    "Its last part failed; it is given another one shortly.",
  "reason.worker-blocked":
    "After failures it gets nothing for {capability} until {until}.",
  "reason.worker-lacks": "It lacks {capability} for what is in the queue.",
  "reason.worker-not-chosen":
    "The jobs in the queue are meant for other workers.",
  "reason.worker-all-given":
    "All that is left is at work elsewhere and would not be done sooner here.",
  "reason.queue-empty": "There is nothing to do.",
  "reason.jobs-paused": "The jobs in the queue are paused.",
  "reason.jobs-held":
    "The jobs wait for trouble on the computer that runs the farm to pass.",
  "reason.jobs-finishing": "All parts are done; the film is put together.",
  "reason.queue-paused": "The queue is paused.",
  "reason.job-paused": "It is paused.",
  "reason.job-held": "It waits for trouble on this computer to pass.",
  "reason.job-remaking": "It is prepared again as one piece.",
  "reason.job-staged": "All parts are done; the film is put together.",
  "reason.job-failed": "It failed.",
  "reason.no-worker": "No worker is connected.",
  "reason.no-worker-chosen": "None of the workers chosen for it is connected.",
  "reason.no-worker-can": "No worker can do it: {capability} is missing.",
  "reason.workers-blocked":
    "After failures, no worker that could do it gets work before {until}.",
  "reason.workers-resting": "A part failed; it is tried again shortly.",
  "reason.workers-draining":
    "Every worker that could do it finishes what it has and takes nothing new.",
  "reason.workers-busy-owners":
    "The owners of all workers that could do it need them now.",
  "reason.index-growing": "The source is still being read.",
  "reason.job-behind": "It comes after {job}.",
  "reason.job-next": "Its turn is about to come.",
  "reason.job-probing": "The source is being looked at.",
  "reason.why-switched-off": "Encoding is switched off there",
  "reason.why-paused": "Its owner paused it",
  "reason.why-outside-hours": "Its owner lets it work at other hours",
  "reason.why-on-battery": "It runs on battery",
  "reason.why-in-use": "Somebody uses it",
  "reason.why-other": "Its owner needs it",
} as const;
