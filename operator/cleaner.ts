/** What is over and nobody clears away: pods without a pool, pods that do not go, pods nobody knows; next: auth-callout.ts. */
import { isConflict, isNotFound, wordsOf } from "#operator/kubernetes/answers.ts";
import type { Connection } from "#operator/kubernetes/connection.ts";
import type { KernelPod } from "#operator/pool/pod-reading.ts";
import type { Log } from "#service/log.ts";

export type Reaping = {
  pod: KernelPod;
  reason: "finished" | "expired" | "orphaned" | "unknown";
  graceSeconds: number | undefined;
};

const limits = {
  /** A pool clears its own dead away in seconds; what is left after this has no pool that does. */
  finishedMs: 120_000,
  /** Beyond its grace: no kubelet is there to end it. */
  expiredMs: 300_000,
  /** Younger pods may belong to a pool that is not seen yet. */
  youngMs: 60_000,
  atOnce: 8,
};

/** PURE. A pod that may be busy is only asked to leave, with the grace it was made with. */
export const whatIsOver = (pods: readonly KernelPod[], poolUids: ReadonlySet<string>, now: number): Reaping[] =>
  pods.flatMap((pod): Reaping[] => {
    if (pod.goneBy !== undefined)
      return now - pod.goneBy >= limits.expiredMs ? [{ pod, reason: "expired", graceSeconds: 0 }] : [];
    if (pod.phase === "dead") return now - pod.since >= limits.finishedMs ? [{ pod, reason: "finished", graceSeconds: 0 }] : [];
    if (now - pod.createdAt < limits.youngMs) return [];
    if (!pod.ours || pod.poolUid === undefined) return [{ pod, reason: "unknown", graceSeconds: undefined }];
    return poolUids.has(pod.poolUid) ? [] : [{ pod, reason: "orphaned", graceSeconds: undefined }];
  });

export type CleanerInput = {
  core: Connection["core"];
  namespace: string;
  pods: () => readonly KernelPod[];
  poolUids: () => ReadonlySet<string>;
  reaped: (reason: Reaping["reason"]) => void;
  now: () => number;
  log: Log;
};

/** One sweep. That very pod and no other of its name; what fails is found again by the next sweep. */
export const sweep = async ({ core, namespace, pods, poolUids, reaped, now, log }: CleanerInput): Promise<void> => {
  const over = whatIsOver(pods(), poolUids(), now());
  const reap = async ({ pod: { id: name, uid, pool }, reason, graceSeconds }: Reaping) => {
    const body = { preconditions: { uid }, ...(graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds }) };
    try {
      await core.deleteNamespacedPod({ namespace, name, body });
      reaped(reason);
      log.info({ kernel: name, pool, reason }, "reaped");
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) log.error({ kernel: name, words: wordsOf(error) }, "not reaped");
    }
  };
  for (let i = 0; i < over.length; i += limits.atOnce) await Promise.all(over.slice(i, i + limits.atOnce).map(reap));
};

/** A sweep now and one every `everyMs`; `ready` says whether the lists can be believed yet. */
export const keepClean = (input: CleanerInput, { everyMs, ready }: { everyMs: number; ready: () => boolean }) => {
  const soonMs = 1_000;
  let timer: NodeJS.Timeout | undefined;
  let sweeping = Promise.resolve();
  const turn = () => {
    const believed = ready();
    if (believed) sweeping = sweep(input).catch((error: unknown) => input.log.error({ error }, "a sweep failed"));
    timer = setTimeout(turn, believed ? everyMs : soonMs);
  };
  turn();
  return {
    stop: async () => {
      clearTimeout(timer);
      await sweeping;
    },
  };
};
