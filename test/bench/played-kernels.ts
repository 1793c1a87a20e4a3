/** Thousands of kernels that are played: their pods' node and kubelet on a real API server, their agents on a real NATS; next: operator.ts. */
import { PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { headers, type NatsConnection } from "@nats-io/transport-node";
import type { Connection } from "#operator/kubernetes/connection.ts";
import { Informer } from "#operator/kubernetes/informer.ts";
import { kernelSelector, poolLabel } from "#operator/pool/pod-template.ts";
import type { ExecRequest, KernelStatus } from "#protocol/exec.ts";
import { numberHeader, type TranscriptEnd } from "#protocol/messages.ts";
import { subjects } from "#protocol/subjects.ts";
import type { Log } from "#service/log.ts";

type Pod = { id: string; pool: string; placed: boolean; leaving: boolean };
type Played = { pool: string; sequence: number; served: number; running: string[]; leaving: boolean };
type Metadata = { name?: string; labels?: Record<string, string>; deletionTimestamp?: unknown };

const limits = { callsAtOnce: 24, statusMs: 2000, ticks: 20 };
const running = {
  phase: "Running",
  conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map((type) => ({ type, status: "True" })),
  containerStatuses: ["agent", "kernel"].map((name) => ({
    name,
    image: name,
    imageID: name,
    restartCount: 0,
    ready: true,
    state: { running: { startedAt: new Date() } },
  })),
};

export class PlayedKernels {
  /** What we wrote to the API server ourselves, so that the operator is not blamed for it. */
  readonly writes = { placed: 0, said: 0, removed: 0, failed: 0 };
  /** When a computation came to its kernel (ms, performance.now()). */
  readonly assignedAt = new Map<string, number>();
  readonly #connection: Connection;
  readonly #nats: NatsConnection;
  readonly #namespace: string;
  readonly #pods: Informer<Pod>;
  readonly #kernels = new Map<string, Played>();
  readonly #due = new Map<string, Pod>();
  readonly #timer: NodeJS.Timeout;
  #calls = 0;
  #tick = 0;

  constructor(connection: Connection, nats: NatsConnection, namespace: string, log: Log) {
    this.#connection = connection;
    this.#nats = nats;
    this.#namespace = namespace;
    this.#pods = new Informer<Pod>({
      config: connection.config,
      path: `/api/v1/namespaces/${namespace}/pods`,
      labelSelector: kernelSelector,
      list: (page) => connection.core.listNamespacedPod({ namespace, ...page }),
      read: (object) => {
        const { metadata, spec } = object as { metadata: Metadata; spec?: { nodeName?: string } };
        const pool = metadata.labels?.[poolLabel] ?? "";
        return {
          id: metadata.name ?? "",
          pool,
          placed: spec?.nodeName !== undefined,
          leaving: metadata.deletionTimestamp != null,
        };
      },
      changed: (pod) => this.#look(pod),
      listed: () => undefined,
      log,
    });
    this.#pods.start();
    nats.subscribe(subjects.exec("*"), { callback: (_, message) => this.#exec(message.json<ExecRequest>()) });
    this.#timer = setInterval(() => this.#speak(), limits.statusMs / limits.ticks);
  }

  get warm(): number {
    return this.#kernels.size;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#due.clear();
    await this.#pods.stop();
  }

  #look(pod: Pod): void {
    if (pod.leaving ? this.#pods.get(pod.id) : !pod.placed) this.#due.set(pod.id, pod);
    this.#work();
  }

  #work(): void {
    for (const [id, pod] of this.#due) {
      if (this.#calls >= limits.callsAtOnce) return;
      this.#due.delete(id);
      this.#calls += 1;
      (pod.leaving ? this.#end(id) : this.#begin(pod))
        .catch(() => {
          this.writes.failed += 1;
        })
        .finally(() => {
          this.#calls -= 1;
          this.#work();
        });
    }
  }

  /** The scheduler's word, the kubelet's, and the agent's. */
  async #begin({ id: name, pool }: Pod): Promise<void> {
    const { core } = this.#connection;
    const namespace = this.#namespace;
    const target = { apiVersion: "v1", kind: "Node", name: "played" };
    await core.createNamespacedPodBinding({ namespace, name, body: { metadata: { name }, target } });
    this.writes.placed += 1;
    const merge = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
    await core.patchNamespacedPodStatus({ namespace, name, body: { status: running } }, merge);
    this.writes.said += 1;
    this.#kernels.set(name, { pool, sequence: 0, served: 0, running: [], leaving: false });
    this.#say(name);
  }

  async #end(name: string): Promise<void> {
    const played = this.#kernels.get(name);
    if (played) played.leaving = true;
    this.#say(name);
    await this.#connection.core.deleteNamespacedPod({ namespace: this.#namespace, name, body: { gracePeriodSeconds: 0 } });
    this.#kernels.delete(name);
    this.writes.removed += 1;
  }

  /** A twentieth of the kernels, twenty times in two seconds. */
  #speak(): void {
    this.#tick = (this.#tick + 1) % limits.ticks;
    let at = 0;
    for (const name of this.#kernels.keys()) if (at++ % limits.ticks === this.#tick) this.#say(name);
  }

  #say(kernel: string): void {
    const played = this.#kernels.get(kernel);
    if (!played) return;
    const busy = played.running.length > 0;
    const status: KernelStatus = {
      kernel,
      pool: played.pool,
      state: played.leaving ? "leaving" : busy ? "busy" : "idle",
      freeSlots: busy || played.leaving ? 0 : 1,
      served: played.served,
      computations: played.running,
      memoryBytes: 400_000_000,
      sequence: ++played.sequence,
    };
    this.#nats.publish(subjects.kernelStatus(kernel), JSON.stringify(status));
  }

  /** Takes it, and is done with it at once. */
  #exec({ computation: { id }, replyTo }: ExecRequest): void {
    const kernel = replyTo.split(".")[1] ?? "";
    const played = this.#kernels.get(kernel);
    const takes = played !== undefined && !played.leaving && played.running.length === 0;
    const answer = takes ? "accepted" : "busy";
    // Of a kernel that is gone nobody would be there to answer: the next is tried all the same.
    this.#nats.publish(replyTo, JSON.stringify({ answer, computation: id, sequence: played?.sequence ?? 0 }));
    if (!takes) return;
    this.assignedAt.set(id, performance.now());
    played.running = [id];
    this.#say(kernel);
    const end: TranscriptEnd = { kind: "ok", message: "", lastNumber: 0, files: [], sessionClosed: false };
    const numbered = headers();
    numbered.set(numberHeader, "1");
    const record = { record: "end", computation: id, number: 1, end };
    this.#nats.publish(subjects.out(kernel, id), JSON.stringify(record), { headers: numbered });
    played.running = [];
    played.served += 1;
    this.#say(kernel);
  }
}
