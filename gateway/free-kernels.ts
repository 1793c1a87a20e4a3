/** Which kernels are alive and idle, as their own statuses say: kept in memory, never asked for; next: transcript.ts. */
import type { NatsConnection } from "@nats-io/transport-node";
import type { z } from "zod";
import { destroyedKernel, type KernelStatus, kernelStatus } from "#protocol/exec.ts";
import { kernelOf, subjects } from "#protocol/subjects.ts";

/** Five missed statuses: the kernel is taken for gone. */
export const kernelSilenceMs = 10_000;
const kernelsMax = 20_000;

type Entry = { status: KernelStatus; seenAt: number; reserved: boolean; staleUpTo: number };

export class FreeKernels {
  readonly #kernels = new Map<string, Entry>();
  /** Kernels that somebody relies on but that say nothing: since when (ms). */
  readonly #silent = new Map<string, number>();
  readonly #now: () => number;
  /** Called when a kernel became free. */
  onFree: (pool: string) => void = () => {};

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  follow(nats: NatsConnection): { stop: () => void } {
    const subscription = nats.subscribe(subjects.kernelStatus("*"), {
      callback: (error, message) => {
        if (!error) this.hear(message.subject, message.string());
      },
    });
    const destroyed = nats.subscribe(subjects.destroyed("*"), {
      callback: (error, message) => {
        const said = error ? undefined : parse(destroyedKernel, message.string());
        if (said) this.destroyed(said.kernel);
      },
    });
    const timer = setInterval(() => this.sweep(), 1000);
    return {
      stop: () => {
        clearInterval(timer);
        subscription.unsubscribe();
        destroyed.unsubscribe();
      },
    };
  }

  /** A status counts only for the kernel whose subject carried it, and only when it is newer than what is known. */
  hear(subject: string, text: string): void {
    const kernel = kernelOf(subject);
    const parsed = parse(kernelStatus, text);
    if (!parsed || parsed.kernel !== kernel) return;
    const known = this.#kernels.get(kernel);
    if (known && parsed.sequence <= known.status.sequence) return;
    if (!known && this.#kernels.size >= kernelsMax) return;
    const entry = { reserved: false, staleUpTo: 0, ...known, status: parsed, seenAt: this.#now() };
    this.#kernels.set(kernel, entry);
    this.#silent.delete(kernel);
    if (isFree(entry)) this.onFree(parsed.pool);
  }

  sweep(): void {
    const silent = this.#now() - kernelSilenceMs;
    for (const [kernel, entry] of this.#kernels) {
      if (entry.seenAt > silent) continue;
      this.#kernels.delete(kernel);
      this.#silent.set(kernel, entry.seenAt);
    }
    for (const [kernel, since] of this.#silent) if (since < silent - 60_000) this.#silent.delete(kernel);
  }

  /** Nothing was heard during an outage of NATS: nobody is blamed for it. */
  forgive(): void {
    for (const entry of this.#kernels.values()) entry.seenAt = this.#now();
    this.#silent.clear();
  }

  /** Has a kernel that should be there said nothing for ten seconds, counted from the first question at the earliest? */
  isGone(kernel: string): boolean {
    if (this.#kernels.has(kernel)) return false;
    const since = this.#silent.get(kernel);
    if (since === undefined) this.#silent.set(kernel, this.#now());
    return since !== undefined && this.#now() - since >= kernelSilenceMs;
  }

  /** A random idle kernel of the pool, reserved until `settle`; undefined when none is idle. */
  take(pool: string): string | undefined {
    const free: string[] = [];
    for (const [kernel, entry] of this.#kernels) if (entry.status.pool === pool && isFree(entry)) free.push(kernel);
    const kernel = free[Math.floor(Math.random() * free.length)];
    const entry = kernel === undefined ? undefined : this.#kernels.get(kernel);
    if (entry) entry.reserved = true;
    return kernel;
  }

  /** How many `take` could give out now. */
  free(pool: string): number {
    let count = 0;
    for (const entry of this.#kernels.values()) if (entry.status.pool === pool && isFree(entry)) count++;
    return count;
  }

  /** The answer of a taken kernel: it counts as free again only by a status later than `sequence`. Undefined: it gave none. */
  settle(kernel: string, sequence: number | undefined): void {
    const entry = this.#kernels.get(kernel);
    if (!entry) return;
    entry.reserved = false;
    entry.staleUpTo = Math.max(entry.staleUpTo, sequence ?? entry.status.sequence);
  }

  /** Gives back a taken kernel that was never asked. */
  giveBack(kernel: string): void {
    const entry = this.#kernels.get(kernel);
    if (!entry) return;
    entry.reserved = false;
    if (isFree(entry)) this.onFree(entry.status.pool);
  }

  /** Its pool says so: nobody need wait for its silence. Should it speak all the same, it is there. */
  destroyed(kernel: string): void {
    this.#kernels.delete(kernel);
    this.#silent.set(kernel, this.#now() - kernelSilenceMs);
  }

  forget(kernel: string): void {
    this.#kernels.delete(kernel);
  }

  status(kernel: string): KernelStatus | undefined {
    return this.#kernels.get(kernel)?.status;
  }

  counts(pool: string): { idle: number; busy: number; sessions: number } {
    const counts = { idle: 0, busy: 0, sessions: 0 };
    for (const { status } of this.#kernels.values()) {
      if (status.pool !== pool) continue;
      if (status.session) counts.sessions++;
      else if (status.state === "idle") counts.idle++;
      else counts.busy++;
    }
    return counts;
  }
}

const isFree = (entry: Entry): boolean =>
  !entry.reserved &&
  entry.status.state === "idle" &&
  entry.status.freeSlots > 0 &&
  entry.status.session === undefined &&
  entry.status.sequence > entry.staleUpTo;

function parse<S extends z.ZodType>(schema: S, text: string): z.output<S> | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // a kernel's own subject: anything may stand there
  }
}
