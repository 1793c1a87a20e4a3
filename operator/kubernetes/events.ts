/** Events of a pool, for `kubectl describe`: few, because only changes of a condition are told; next: answers.ts. */
import { type EventsV1Api, V1MicroTime } from "@kubernetes/client-node";
import { group, kind, version } from "#operator/kernel-pool-crd.ts";
import { wordsOf } from "#operator/kubernetes/answers.ts";
import type { Transition } from "#operator/pool/status.ts";
import type { Log } from "#service/log.ts";

/** A pool that flaps is told of so often and no more. */
const perHourMax = 60;
const noteMax = 1000;

export class PoolEvents {
  readonly #input: { events: EventsV1Api; namespace: string; identity: string; now: () => number; log: Log };
  #told: number[] = [];

  constructor(input: { events: EventsV1Api; namespace: string; identity: string; now: () => number; log: Log }) {
    this.#input = input;
  }

  /** Never throws: an event that is lost costs nobody anything. */
  async tell(pool: { name: string; uid: string }, { reason, message, warning }: Transition): Promise<void> {
    const { events, namespace, identity, now, log } = this.#input;
    this.#told = this.#told.filter((at) => now() - at < 3_600_000);
    if (this.#told.length >= perHourMax) return;
    this.#told.push(now());
    const body = {
      metadata: { generateName: `${pool.name}-`, namespace },
      eventTime: new V1MicroTime(),
      reportingController: `${group}/operator`,
      reportingInstance: identity,
      action: "Reconcile",
      reason,
      note: message.slice(0, noteMax),
      type: warning ? "Warning" : "Normal",
      regarding: { apiVersion: `${group}/${version}`, kind, name: pool.name, namespace, uid: pool.uid },
    };
    await events
      .createNamespacedEvent({ namespace, body })
      .catch((error: unknown) => log.warn({ pool: pool.name, words: wordsOf(error) }, "an event was not taken"));
  }
}
