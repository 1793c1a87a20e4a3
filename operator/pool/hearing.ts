/** What kernels and gateways say over NATS, kept for the passes of every pool; next: condemn.ts. */
import type { NatsConnection } from "@nats-io/transport-node";
import { type HeardStatus, hear } from "#operator/pool/kernels.ts";
import type { Waiting } from "#operator/pool/load.ts";
import { gatewayStatus, kernelStatus } from "#protocol/exec.ts";
import { kernelOf, subjects } from "#protocol/subjects.ts";
import type { Log } from "#service/log.ts";

export type HearingInput = {
  nats: NatsConnection;
  now: () => number;
  log: Log;
  /** A kernel of this pool says something new, or another number waits for one. */
  changed: (pool: string) => void;
};

/** A gateway that says nothing for this long waits for nothing. */
const gatewaySilentMs = 5_000;
/** Kernels and gateways remembered: the longest silent is forgotten first, so whoever makes up names gains nothing. */
const kernelsMax = 20_000;
const gatewaysMax = 1_000;

export class Hearing {
  readonly #input: HearingInput;
  readonly #kernels = new Map<string, HeardStatus>();
  readonly #gateways = new Map<string, { at: number; waiting: Map<string, Waiting> }>();
  readonly #subscriptions: { unsubscribe: () => void }[];
  #connected = true;
  #since: number;

  constructor(input: HearingInput) {
    this.#input = input;
    this.#since = input.now();
    this.#subscriptions = [
      this.#follow(subjects.kernelStatus("*"), (subject, message) => this.#hearKernel(subject, message)),
      this.#follow(subjects.gatewayStatus("*"), (_, message) => this.#hearGateway(message)),
    ];
    this.#followConnection().catch((error: unknown) => input.log.error({ error }, "the state of NATS is not followed"));
  }

  /** From when on somebody could be heard: silence before that is nobody's. */
  get since(): number {
    return this.#connected ? this.#since : this.#input.now();
  }

  /** The latest word of a kernel of this pool. */
  heard(pool: string, id: string): HeardStatus | undefined {
    const last = this.#kernels.get(id);
    if (last?.status.pool !== pool) return undefined;
    return { ...last, heardAt: Math.max(last.heardAt, this.since) };
  }

  forget(id: string): void {
    this.#kernels.delete(id);
  }

  /** Computations that wait for a kernel of this pool, at all gateways together, or null. */
  waiting(pool: string): Waiting | null {
    const all = [...this.#gateways.values()]
      .filter(({ at }) => this.#input.now() - at < gatewaySilentMs)
      .flatMap(({ waiting }) => waiting.get(pool) ?? []);
    if (all.length === 0) return null;
    return { count: all.reduce((sum, { count }) => sum + count, 0), since: Math.min(...all.map(({ since }) => since)) };
  }

  stop(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  #follow(subject: string, take: (subject: string, message: unknown) => void) {
    const { nats, log } = this.#input;
    return nats.subscribe(subject, {
      callback: (error, message) => {
        try {
          if (error) throw error;
          take(message.subject, message.json());
        } catch {
          log.warn({ subject }, "not understood");
        }
      },
    });
  }

  #hearKernel(subject: string, message: unknown): void {
    const said = kernelStatus.parse(message);
    if (said.kernel !== kernelOf(subject)) return;
    const before = this.#kernels.get(said.kernel);
    // Written anew, it stands last: the first are those that have been silent longest.
    this.#kernels.delete(said.kernel);
    this.#kernels.set(said.kernel, hear(before, said, this.#input.now()));
    dropFirst(this.#kernels, kernelsMax);
    if (before?.status.state !== said.state || before.status.session !== said.session) this.#input.changed(said.pool);
  }

  #hearGateway(message: unknown): void {
    const said = gatewayStatus.parse(message);
    const now = this.#input.now();
    const before = this.#gateways.get(said.gateway);
    this.#gateways.delete(said.gateway);
    if (said.leaving) return;
    const pools = Object.entries(said.waiting).filter(([, count]) => count > 0);
    const since = (pool: string) => before?.waiting.get(pool)?.since ?? now;
    const waiting = new Map(pools.map(([pool, count]) => [pool, { count, since: since(pool) }]));
    this.#gateways.set(said.gateway, { at: now, waiting });
    dropFirst(this.#gateways, gatewaysMax);
    for (const [pool, count] of pools) if (before?.waiting.get(pool)?.count !== count) this.#input.changed(pool);
  }

  async #followConnection(): Promise<void> {
    for await (const { type } of this.#input.nats.status()) {
      if (type === "disconnect") this.#connected = false;
      if (type !== "reconnect") continue;
      this.#connected = true;
      this.#since = this.#input.now();
    }
  }
}

const dropFirst = <T>(map: Map<string, T>, most: number): void => {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
};
