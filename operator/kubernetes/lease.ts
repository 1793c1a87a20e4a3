/**
 * Which of several operators works: a Lease that its holder renews; next: events.ts.
 *
 *     waiting ──free, or not renewed for leaseMs──▶ leading ──not renewed for renewMs──▶ lost (the process ends)
 *                                                      └──stopped──▶ released
 */
import { type CoordinationV1Api, type V1Lease, V1MicroTime } from "@kubernetes/client-node";
import { isConflict, isNotFound, wordsOf } from "#operator/kubernetes/answers.ts";
import type { Log } from "#service/log.ts";

/** A leader that cannot renew stops before another may begin, with room for what it has asked for already (connection.ts). */
export const leaseTimes = { leaseMs: 15_000, renewMs: 10_000, retryMs: 2_000 };

export type LeaseInput = {
  coordination: CoordinationV1Api;
  namespace: string;
  name: string;
  /** Who we are: unique among operators, our pod's name for instance. */
  identity: string;
  /** Milliseconds that only go forward: the wall clocks of two machines are not compared. */
  monotonic: () => number;
  times?: typeof leaseTimes;
  log: Log;
  /** Told once when the lease was held and is not any more. */
  lost: () => void;
};

export class LeaseElection {
  readonly #input: LeaseInput;
  readonly #times: typeof leaseTimes;
  #seen = { version: "", at: 0 };
  #renewedAt: number | undefined;
  #stopping = false;
  #wake: () => void = () => {};
  #lead: () => void = () => {};
  #done: Promise<void> | undefined;
  /** Resolves when we lead. */
  readonly leading: Promise<void>;

  constructor(input: LeaseInput) {
    this.#input = input;
    this.#times = input.times ?? leaseTimes;
    this.leading = new Promise((resolve) => {
      this.#lead = resolve;
    });
  }

  get leads(): boolean {
    return this.#renewedAt !== undefined;
  }

  /** Leads, and has renewed so lately that nobody else can: a process that was frozen wakes up with a lease that is another's by now. */
  get holds(): boolean {
    return this.#renewedAt !== undefined && this.#input.monotonic() - this.#renewedAt < this.#times.renewMs;
  }

  start(): void {
    this.#done ??= this.#run();
  }

  /** Lets another begin at once. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wake();
    await this.#done;
    if (this.#renewedAt === undefined) return;
    this.#renewedAt = undefined;
    const lease = await this.#read();
    if (lease?.spec?.holderIdentity === this.#input.identity)
      await this.#write({ ...lease, spec: { ...lease.spec, holderIdentity: "" } });
  }

  async #run(): Promise<void> {
    const { monotonic, log, lost } = this.#input;
    while (!this.#stopping) {
      const begun = monotonic();
      const held = await this.#attempt().catch((error: unknown) => {
        log.warn({ words: wordsOf(error) }, "the lease could not be asked for");
        return false;
      });
      if (held) {
        if (this.#renewedAt === undefined) log.info({ lease: this.#input.name }, "leads");
        // Since before it was asked: an answer that took long counts against us.
        this.#renewedAt = begun;
        this.#lead();
      } else if (this.#renewedAt !== undefined && monotonic() - this.#renewedAt >= this.#times.renewMs) {
        this.#renewedAt = undefined;
        log.fatal({ lease: this.#input.name }, "the lease is lost: another operator may work");
        lost();
        return;
      }
      await this.#pause();
    }
  }

  /** Did we take or renew it? */
  async #attempt(): Promise<boolean> {
    const { identity, monotonic } = this.#input;
    const lease = await this.#read();
    if (!lease) return this.#write({ metadata: { name: this.#input.name } }, "create");
    const { holderIdentity, leaseDurationSeconds } = lease.spec ?? {};
    const version = lease.metadata?.resourceVersion ?? "";
    // When it last changed by our own clock: that is what its holder must beat.
    if (version !== this.#seen.version) this.#seen = { version, at: monotonic() };
    const expired = monotonic() - this.#seen.at >= (leaseDurationSeconds ?? 0) * 1000;
    if (holderIdentity && holderIdentity !== identity && !expired) {
      // It was ours and another has it: no renewing can bring it back.
      if (this.#renewedAt !== undefined) this.#renewedAt = Number.NEGATIVE_INFINITY;
      return false;
    }
    return this.#write(lease);
  }

  async #read(): Promise<V1Lease | undefined> {
    const { coordination, namespace, name } = this.#input;
    try {
      return await coordination.readNamespacedLease({ namespace, name });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Its version decides between two who write at once: false for the second. */
  async #write(lease: V1Lease, how: "replace" | "create" = "replace"): Promise<boolean> {
    const { coordination, namespace, name, identity } = this.#input;
    const released = lease.spec?.holderIdentity === "" && this.#stopping;
    const taken = lease.spec?.holderIdentity !== identity;
    const now = new V1MicroTime();
    const body: V1Lease = {
      ...lease,
      spec: {
        ...lease.spec,
        holderIdentity: released ? "" : identity,
        leaseDurationSeconds: Math.ceil(this.#times.leaseMs / 1000),
        renewTime: now,
        ...(taken && !released
          ? { acquireTime: now, leaseTransitions: (lease.spec?.leaseTransitions ?? 0) + (how === "create" ? 0 : 1) }
          : {}),
      },
    };
    try {
      if (how === "create") await coordination.createNamespacedLease({ namespace, body });
      else await coordination.replaceNamespacedLease({ namespace, name, body });
      return true;
    } catch (error) {
      if (isConflict(error)) return false;
      throw error;
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#times.retryMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#stopping) this.#wake();
    });
  }
}
