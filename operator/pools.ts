/** Every KernelPool of the namespace: a pass whenever something of it changes, and its status; next: cleaner.ts. */
import { newKernelId } from "#operator/kernel-id.ts";
import { type KernelPoolSpec, templateRevision } from "#operator/kernel-pool.ts";
import type { KernelPoolStatus } from "#operator/kernel-pool-crd.ts";
import type { PoolEvents } from "#operator/kubernetes/events.ts";
import type { Informer } from "#operator/kubernetes/informer.ts";
import type { OperatorMetrics } from "#operator/metrics.ts";
import type { PoolStatus } from "#operator/pool/decide.ts";
import type { Hearing } from "#operator/pool/hearing.ts";
import { KubernetesKernels, type KubernetesKernelsInput } from "#operator/pool/kubernetes-kernels.ts";
import type { KernelPod } from "#operator/pool/pod-reading.ts";
import { poolSelector } from "#operator/pool/pod-template.ts";
import { PoolReconciler } from "#operator/pool/reconcile.ts";
import { differs, invalidStatus, poolStatus, reportDue, type Transition } from "#operator/pool/status.ts";
import { WorkQueue } from "#operator/pool/work-queue.ts";
import type { PoolResource } from "#operator/pool-resource.ts";
import type { Log } from "#service/log.ts";

export type PoolsInput = Pick<KubernetesKernelsInput, "core" | "namespace" | "installation" | "cutCredential"> & {
  pools: Pick<Informer<PoolResource>, "get" | "values" | "synced">;
  pods: Pick<Informer<KernelPod>, "get" | "values" | "synced">;
  hearing: Pick<Hearing, "heard" | "since" | "waiting">;
  /** A kernel of this pool is destroyed. */
  destroyed: (pool: string, kernel: string) => void;
  /** Beside the template, what a kernel is made of: the agent. */
  agentImage: string;
  /** Does this operator still lead? */
  mayAct: () => boolean;
  writeStatus: (pool: string, status: KernelPoolStatus) => Promise<void>;
  events: Pick<PoolEvents, "tell">;
  metrics: Pick<OperatorMetrics, "acted" | "counts" | "load" | "poolGone">;
  now: () => number;
  log: Log;
};

const limits = { relistMs: 10_000, syncMs: 500, pauseMs: 200, backOffMs: 1_000, backOffMaxMs: 30_000, poolsMax: 100 };

type Member = {
  uid: string;
  kernels: KubernetesKernels;
  reconciler: PoolReconciler;
  counts: PoolStatus | undefined;
  status: KernelPoolStatus | undefined;
  /** Since when it is not what was written last. */
  differsSince: number | undefined;
};

export class Pools {
  readonly #input: PoolsInput;
  readonly #members = new Map<string, Member>();
  readonly #queue: WorkQueue;

  constructor(input: PoolsInput) {
    this.#input = input;
    const { pauseMs, backOffMs, backOffMaxMs, poolsMax: keysMax } = limits;
    const failed = (pool: string, error: unknown) => input.log.error({ pool, error }, "a pass failed");
    this.#queue = new WorkQueue({ work: (name) => this.#pass(name), failed, pauseMs, backOffMs, backOffMaxMs, keysMax });
  }

  /** Something of this pool changed; pods and kernels may name pools that are not there. */
  look(name: string): void {
    if (this.#members.has(name) || this.#input.pools.get(name)) this.#queue.add(name);
  }

  /** At once and certainly, whatever it does. Rejects when nobody knows, or there is no such pool. */
  async destroy(name: string, kernel: string): Promise<void> {
    const member = this.#members.get(name);
    if (!member) throw new Error(`there is no pool ${name}`);
    await member.kernels.destroyForCertain(kernel);
    this.#input.destroyed(name, kernel);
  }

  stop(): Promise<void> {
    return this.#queue.stop();
  }

  async #pass(name: string): Promise<number> {
    const { pools, pods, now, metrics } = this.#input;
    if (!pools.synced || !pods.synced) return limits.syncMs;
    const resource = pools.get(name);
    if (!resource) {
      // Its kernels are Kubernetes' to delete, and the cleaner's.
      this.#members.delete(name);
      this.#queue.forget(name);
      metrics.poolGone(name);
      return limits.relistMs;
    }
    const member = this.#member(resource);
    if (typeof resource.spec === "string") {
      await this.#report(resource, member, invalidStatus(member.status, resource.spec, this.#about(resource)));
      return limits.relistMs;
    }
    const again = await member.reconciler.pass();
    const { counts } = member;
    let reportAt: number | undefined;
    if (counts) {
      metrics.counts(name, counts);
      const troubles = member.kernels.troubles();
      reportAt = await this.#report(
        resource,
        member,
        poolStatus({ counts, troubles, before: member.status, ...this.#about(resource) }),
      );
    }
    const next = Math.min(again ?? Number.POSITIVE_INFINITY, reportAt ?? Number.POSITIVE_INFINITY);
    return Math.min(limits.relistMs, next - now());
  }

  #about({ id, generation }: PoolResource) {
    return { generation, now: this.#input.now(), selector: poolSelector(id) };
  }

  /** Returns when the report is due that was not written yet. */
  async #report(
    { id: name, uid }: PoolResource,
    member: Member,
    { status, transitions }: { status: KernelPoolStatus; transitions: Transition[] },
  ): Promise<number | undefined> {
    const now = this.#input.now();
    member.differsSince = differs(member.status, status) ? (member.differsSince ?? now) : undefined;
    if (member.differsSince === undefined) return undefined;
    const due = reportDue(member.status, status, member.differsSince);
    if (now < due) return due;
    await this.#input.writeStatus(name, status);
    member.status = status;
    member.differsSince = undefined;
    for (const transition of transitions) await this.#input.events.tell({ name, uid }, transition);
    return undefined;
  }

  /** Made anew when a pool of the same name is another one. */
  #member(resource: PoolResource): Member {
    const { id: name, uid, status } = resource;
    const known = this.#members.get(name);
    if (known?.uid === uid) return known;
    const { core, namespace, pods, installation, cutCredential, hearing, metrics, mayAct, now, log } = this.#input;
    const latest = () => this.#input.pools.get(name) ?? resource;
    const spec = () => latest().spec as KernelPoolSpec;
    const pool = () => ({ name, uid, namespace, spec: spec() });
    const kernels = new KubernetesKernels({ core, namespace, pods, pool, installation, cutCredential, now });
    const reconciler = new PoolReconciler({
      kernels,
      spec: () => ({
        spec: spec(),
        revision: templateRevision(spec().template, this.#input.agentImage),
        deleted: latest().deleted,
      }),
      heard: (id) => hearing.heard(name, id),
      hearsSince: () => hearing.since,
      waiting: () => hearing.waiting(name),
      mayAct,
      newKernelId,
      now,
      report: (decision, { demand, startMs }) => {
        member.counts = decision.status;
        metrics.load(name, { demand, startMs, totalMax: spec().capacity.totalMax });
      },
      acted: (action, kernel, error) => {
        metrics.acted(name, action.do, error === undefined);
        const said = { pool: name, kernel, action: action.do, reason: action.reason };
        if (error) log.error({ ...said, error }, "pool: failed");
        else log.info(said, "pool");
        if (action.do === "destroy" && !error) this.#input.destroyed(name, kernel);
      },
    });
    const member: Member = { uid, kernels, reconciler, counts: undefined, status, differsSince: undefined };
    this.#members.set(name, member);
    return member;
  }
}
