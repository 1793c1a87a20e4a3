/** What a pod says about its kernel, as a small type of our own: PURE; next: kernels.ts. */
import type { V1Pod } from "@kubernetes/client-node";
import type { ListedKernel } from "#operator/pool/kernels.ts";
import { poolLabel, revisionLabel } from "#operator/pool/pod-template.ts";
import type { PoolTrouble } from "#operator/pool/status.ts";
import { kernelId } from "#protocol/computation.ts";

export type KernelPod = ListedKernel & {
  uid: string;
  /** The pool that its label names; "" without one. */
  pool: string;
  /** The KernelPool that owns it; undefined: nobody. */
  poolUid: string | undefined;
  /** Its name is a kernel's id: otherwise nothing of ours made it. */
  ours: boolean;
  /** When its grace is over (ms since 1970), if it was deleted. */
  goneBy: number | undefined;
  graceSeconds: number | undefined;
  /** No process of it runs, as its node says. */
  ended: boolean;
  trouble: PoolTrouble | undefined;
};

/** Lists give dates, watches text. */
const time = (value: Date | string | undefined): number | undefined => {
  const at = value === undefined ? Number.NaN : new Date(value).getTime();
  return Number.isNaN(at) ? undefined : at;
};

/** undefined: no pod that could be named. */
export const readPod = (pod: V1Pod): KernelPod | undefined => {
  const { name, uid, labels, ownerReferences, deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata ?? {};
  if (!name || !uid) return undefined;
  const createdAt = time(pod.metadata?.creationTimestamp) ?? 0;
  const goneBy = time(deletionTimestamp);
  const deadSince = endedAt(pod);
  const base = {
    id: name,
    uid,
    pool: labels?.[poolLabel] ?? "",
    poolUid: ownerReferences?.find(({ controller }) => controller)?.uid,
    revision: labels?.[revisionLabel] ?? "",
    ours: kernelId.safeParse(name).success,
    createdAt,
    goneBy,
    graceSeconds: deletionGracePeriodSeconds,
    ended: hasEnded(pod),
  };
  // Leaving comes first: a deleted pod whose processes have ended is on its way out already.
  if (goneBy !== undefined)
    return { ...base, phase: "leaving", since: goneBy - (deletionGracePeriodSeconds ?? 0) * 1000, trouble: undefined };
  if (deadSince !== undefined) return { ...base, phase: "dead", since: deadSince, trouble: undefined };
  return { ...base, phase: "running", since: createdAt, trouble: troubleOf(pod) };
};

/** When a container ended: neither is started again, and a kernel without its agent (or the other way round) is none. */
const endedAt = (pod: V1Pod): number | undefined => {
  const ends = (pod.status?.containerStatuses ?? []).flatMap(({ state }) => (state?.terminated ? [state.terminated] : []));
  const [first] = ends.map(({ finishedAt }) => time(finishedAt) ?? 0).sort((a, b) => a - b);
  if (first !== undefined) return first;
  const over = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
  return over ? (time(pod.metadata?.creationTimestamp) ?? 0) : undefined;
};

/** Its phase does not tell: others than its node may set that. */
const hasEnded = ({ spec, status }: V1Pod): boolean => {
  const ended = (status?.containerStatuses ?? []).filter(({ state }) => state?.terminated);
  return ended.length > 0 && ended.length === spec?.containers.length;
};

/** Kubernetes' words for an image that a node does not get. */
const imageReasons = new Set(["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"]);

const troubleOf = (pod: V1Pod): PoolTrouble | undefined => {
  for (const { state, image } of pod.status?.containerStatuses ?? [])
    if (state?.waiting && imageReasons.has(state.waiting.reason ?? ""))
      return { reason: "ImagePullFailed", message: `${image}: ${state.waiting.message ?? state.waiting.reason}` };
  const unplaced = pod.status?.conditions?.find(({ type, status }) => type === "PodScheduled" && status === "False");
  return unplaced?.reason === "Unschedulable" ? { reason: "Unschedulable", message: unplaced.message ?? "" } : undefined;
};
