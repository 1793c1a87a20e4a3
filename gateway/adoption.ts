/** Says each second that this gateway lives, and takes over what silent gateways left; next: archiver.ts. */
import type { NatsConnection } from "@nats-io/transport-node";
import { type Book, type Entry, lastWriter } from "#gateway/book.ts";
import { type GatewayStatus, gatewayStatus } from "#protocol/exec.ts";
import { kernelOf, subjects } from "#protocol/subjects.ts";

/** Three missed statuses. */
export const gatewaySilenceMs = 3_500;
const gatewaysMax = 1000;

/** Who is alive; no clock of its own and no connection, so that it can be tried with any. */
export class Gateways {
  readonly #self: string;
  readonly #seen = new Map<string, number>();
  readonly #said = new Map<string, GatewayStatus>();
  #listeningSince: number;

  constructor(self: string, now: number) {
    this.#self = self;
    this.#listeningSince = now;
  }

  hear(status: GatewayStatus, now: number): void {
    if (status.leaving) this.#forget(status.gateway);
    else if (this.#seen.has(status.gateway) || this.#seen.size < gatewaysMax) {
      this.#seen.set(status.gateway, now);
      this.#said.set(status.gateway, status);
    }
  }

  /** What the others that live said last. */
  others(now: number): GatewayStatus[] {
    return [...this.#said.values()].filter(
      ({ gateway }) => gateway !== this.#self && now - (this.#seen.get(gateway) ?? 0) < gatewaySilenceMs,
    );
  }

  #forget(gateway: string): void {
    this.#seen.delete(gateway);
    this.#said.delete(gateway);
  }

  /** After an outage: silence before this moment proves nothing. */
  listenAnew(now: number): void {
    this.#listeningSince = now;
  }

  isSilent(gateway: string, now: number): boolean {
    if (gateway === this.#self || now - this.#listeningSince < gatewaySilenceMs) return false;
    return now - (this.#seen.get(gateway) ?? Number.NEGATIVE_INFINITY) >= gatewaySilenceMs;
  }

  /** This one included. */
  alive(now: number): number {
    for (const [gateway, at] of this.#seen) if (now - at > 10 * gatewaySilenceMs) this.#forget(gateway);
    let count = 1;
    for (const [gateway, at] of this.#seen) if (gateway !== this.#self && now - at < gatewaySilenceMs) count++;
    return count;
  }
}

export type AdoptionParts = {
  gateway: string;
  nats: NatsConnection;
  gateways: Gateways;
  book: Book;
  status: () => GatewayStatus;
  conducts: (id: string) => boolean;
  conduct: (entry: Entry) => void;
  now: () => number;
};

/** Open computations that nobody is taking on: a silent gateway's, or our own that a failure left behind. */
export function abandoned(parts: Pick<AdoptionParts, "gateway" | "gateways" | "book" | "conducts">, now: number): Entry[] {
  const found: Entry[] = [];
  for (const entry of parts.book.all()) {
    if (entry.outcome || parts.conducts(entry.id)) continue;
    const writer = lastWriter(entry);
    if (writer === parts.gateway || parts.gateways.isSilent(writer, now)) found.push(entry);
  }
  return found;
}

export function startAdoption(parts: AdoptionParts): { stop: () => void } {
  const { nats, gateways, gateway } = parts;
  const say = () => nats.publish(subjects.gatewayStatus(gateway), JSON.stringify(parts.status()));
  const subscription = nats.subscribe(subjects.gatewayStatus("*"), {
    callback: (error, message) => {
      const status = error ? undefined : gatewayStatus.safeParse(message.json()).data;
      if (status && status.gateway === kernelOf(message.subject)) gateways.hear(status, parts.now());
    },
  });
  const timer = setInterval(() => {
    if (nats.isClosed()) return;
    say();
    for (const entry of abandoned(parts, parts.now())) parts.conduct(entry);
  }, 1000);
  say();
  return {
    stop: () => {
      clearInterval(timer);
      subscription.unsubscribe();
      if (!nats.isClosed()) say(); // with `leaving`: others need not wait for our silence
    },
  };
}
