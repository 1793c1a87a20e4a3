/** Every reason that a pool's conditions can have, with what an admin does about it; next: status.ts. */

type Meaning = {
  type: "Ready" | "Progressing" | "Degraded";
  status: boolean;
  /** What it means. */
  words: string;
  /** What to do about it; empty: nothing. */
  act: string;
};

export const conditionReasons = {
  KernelsWarm: { type: "Ready", status: true, words: "Kernels are warm.", act: "" },
  NoKernelWarm: {
    type: "Ready",
    status: false,
    words: "No kernel is warm: computations wait.",
    act: "Look at Degraded; without it, kernels are starting.",
  },
  Refilling: { type: "Progressing", status: true, words: "Kernels are being added.", act: "" },
  Complete: { type: "Progressing", status: false, words: "As many are idle as wanted.", act: "" },
  AtTotal: {
    type: "Progressing",
    status: false,
    words: "Fewer are idle than wanted, and totalMax is reached.",
    act: "Raise `capacity.totalMax` if it stays so.",
  },
  StartsSucceed: { type: "Degraded", status: false, words: "Kernels get warm.", act: "" },
  Unschedulable: {
    type: "Degraded",
    status: true,
    words: "No node takes a kernel's pod.",
    act: "Add nodes, or ask for less in `template.resources` and `template.scheduling`.",
  },
  ImagePullFailed: {
    type: "Degraded",
    status: true,
    words: "A node cannot fetch an image.",
    act: "Check `template.image`, the agent's image and `template.imagePullSecrets`.",
  },
  RuntimeClassMissing: {
    type: "Degraded",
    status: true,
    words: "The cluster has no RuntimeClass of that name.",
    act: "Make it, or correct `template.runtimeClassName`.",
  },
  QuotaExceeded: {
    type: "Degraded",
    status: true,
    words: "The namespace's ResourceQuota is used up.",
    act: "Raise the quota or lower `capacity.totalMax`.",
  },
  CreateRefused: {
    type: "Degraded",
    status: true,
    words: "The API server refuses the pod.",
    act: "The message says why: an admission policy, PodSecurity, or the operator's rights.",
  },
  NotProgressing: {
    type: "Degraded",
    status: true,
    words: "Three starts in a row failed.",
    act: "Read the logs of a pod that starts: the containers `agent` and `kernel`.",
  },
  SpecInvalid: {
    type: "Degraded",
    status: true,
    words: "The operator does not understand the pool, so it leaves its kernels as they are.",
    act: "Bring the CRD and the operator to the same release, or correct the field that the message names.",
  },
} as const satisfies Record<string, Meaning>;

export type ConditionReason = keyof typeof conditionReasons;
