/** Kernels on a cluster: a pod each, made and deleted by name and uid; next: pod-template.ts (what a pod is). */
import { setTimeout as pause } from "node:timers/promises";
import type { CoreV1Api } from "@kubernetes/client-node";
import { isConflict, isNotFound, refusalOf } from "#operator/kubernetes/answers.ts";
import type { Informer } from "#operator/kubernetes/informer.ts";
import { type Kernels, type ListedKernel, Refused } from "#operator/pool/kernels.ts";
import { type KernelPod, readPod } from "#operator/pool/pod-reading.ts";
import { kernelPod, type PodInput } from "#operator/pool/pod-template.ts";
import type { PoolTrouble } from "#operator/pool/status.ts";

export type KubernetesKernelsInput = {
  core: CoreV1Api;
  namespace: string;
  /** Of all pools: one watch for the whole namespace. */
  pods: Pick<Informer<KernelPod>, "get" | "values">;
  pool: () => PodInput["pool"];
  installation: () => Promise<PodInput["installation"]>;
  /** Ends a kernel's connections to NATS, where the operator may. */
  cutCredential: (kernel: string) => Promise<void>;
  now: () => number;
};

/** What the kubelet is told for a kernel that is destroyed; the auth callout takes it for a sentence. */
export const destroySeconds = 1;
const limits = {
  /** A gateway waits 5 s for an answer about a kernel it condemned. */
  confirmMs: 4_000,
  lookMs: 200,
  /** Beyond its grace: then no kubelet is there to confirm anything, and the name alone is removed. */
  forceMs: 60_000,
};

export class KubernetesKernels implements Kernels {
  readonly #input: KubernetesKernelsInput;
  readonly #watchers = new Set<() => void>();
  #refusal: PoolTrouble | undefined;

  constructor(input: KubernetesKernelsInput) {
    this.#input = input;
  }

  async list(): Promise<readonly ListedKernel[]> {
    return this.#own().map(({ id, revision, createdAt, phase, since }) => ({ id, revision, createdAt, phase, since }));
  }

  /** Why kernels do not get warm, as Kubernetes says it. */
  troubles(): PoolTrouble[] {
    const told = this.#own().flatMap(({ trouble }) => trouble ?? []);
    return this.#refusal ? [this.#refusal, ...told] : told;
  }

  async create({ id, revision }: { id: string; revision: string }): Promise<void> {
    const { core, namespace, pool, installation } = this.#input;
    const body = kernelPod({ id, revision, pool: pool(), installation: await installation() });
    try {
      await core.createNamespacedPod({ namespace, body });
      this.#refusal = undefined;
    } catch (error) {
      const refusal = refusalOf(error);
      if (!refusal) throw error;
      this.#refusal = refusal;
      throw new Refused(refusal.message);
    }
  }

  async leave(id: string): Promise<void> {
    const pod = this.#input.pods.get(id) ?? (await this.#read(id));
    // Deleted once, it is on its way: asking again would not make its grace longer.
    if (!pod || pod.phase === "leaving") return;
    await this.#delete(pod, undefined);
  }

  async destroy(id: string): Promise<void> {
    const { now, cutCredential } = this.#input;
    const pod = await this.#read(id);
    if (pod) {
      const nobodyThere = pod.goneBy !== undefined && now() - pod.goneBy >= limits.forceMs;
      await this.#delete(pod, nobodyThere ? 0 : destroySeconds);
    }
    await cutCredential(id);
  }

  /** Destroys it and waits until no process of it runs. Rejects where its node does not say so in time: a pod goes seconds after it was told to. */
  async destroyForCertain(id: string): Promise<void> {
    const { now } = this.#input;
    await this.destroy(id);
    for (const giveUp = now() + limits.confirmMs; now() < giveUp; ) {
      const pod = await this.#read(id);
      if (!pod || pod.ended) return;
      await pause(limits.lookMs);
    }
    throw new Error("its pod is told to end, and its node has not said that it did");
  }

  watch(look: () => void): () => void {
    this.#watchers.add(look);
    return () => this.#watchers.delete(look);
  }

  /** A pod of this pool is new, other or gone. */
  changed(): void {
    for (const look of this.#watchers) look();
  }

  #own(): KernelPod[] {
    const { uid } = this.#input.pool();
    return this.#input.pods.values().filter(({ poolUid, ours }) => ours && poolUid === uid);
  }

  async #read(name: string): Promise<KernelPod | undefined> {
    const { core, namespace } = this.#input;
    try {
      return readPod(await core.readNamespacedPod({ namespace, name }));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** That very pod and no other of its name. */
  async #delete({ id: name, uid }: KernelPod, gracePeriodSeconds: number | undefined): Promise<void> {
    const { core, namespace } = this.#input;
    const body = { preconditions: { uid }, ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }) };
    try {
      await core.deleteNamespacedPod({ namespace, name, body });
    } catch (error) {
      // Gone, or another by now: what was to go is gone.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
}
