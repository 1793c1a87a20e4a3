/**
 * SageMathCell's kernel ids; next: sagecell-channel.ts (what is said to one).
 *
 * An id is made, not stored: 80 random bits, whether its kernel lasts, and a mark by which every gateway knows it for one of ours. So a
 * client that asks for kernels costs nothing; a sandbox is taken when something first runs. Ids look like random UUIDs.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { bounds } from "#gateway/compat/sagecell-bounds.ts";
import type { Client, Computations } from "#gateway/core.ts";
import { idOfKey } from "#gateway/ids.ts";
import { Failure } from "#protocol/failures.ts";

export type KernelId = { id: string; lasting: boolean };
type Remembered = { computations: string[]; ended: boolean };
/** What DELETE does to a kernel that is open here. */
export type OpenKernel = { end(): void };

export class SagecellKernels {
  readonly #secret: string | Uint8Array;
  readonly #remembered = new Map<string, Remembered>();
  readonly #open = new Map<string, OpenKernel>();

  constructor(secret: string | Uint8Array) {
    this.#secret = secret;
  }

  make(lasting: boolean): KernelId {
    const bits = randomBytes(10).toString("hex") + (lasting ? "1" : "0");
    const hex = bits + this.#mark(bits);
    const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12, 15)}-${"89ab"[Math.floor(Math.random() * 4)]}${hex.slice(15, 18)}-${hex.slice(18)}`;
    return { id, lasting };
  }

  /** Undefined: not an id of ours. */
  read(id: string): KernelId | undefined {
    const hex = /^([0-9a-f]{8})-([0-9a-f]{4})-4([0-9a-f]{3})-[89ab]([0-9a-f]{3})-([0-9a-f]{12})$/.exec(id)?.slice(1).join("");
    if (hex === undefined) return undefined;
    const [bits, mark] = [hex.slice(0, 21), hex.slice(21)];
    if (!timingSafeEqual(Buffer.from(mark), Buffer.from(this.#mark(bits)))) return undefined;
    return { id, lasting: bits[20] === "1" };
  }

  #mark(bits: string): string {
    return createHmac("sha256", this.#secret).update(`sagecell ${bits}`).digest("hex").slice(0, 9);
  }

  /** False: it is open elsewhere, or it was and is over. */
  open(id: string, kernel: OpenKernel): boolean {
    if (this.#remembered.has(id)) return false;
    this.#remembered.set(id, { computations: [], ended: false });
    this.#open.set(id, kernel);
    if (this.#remembered.size > bounds.rememberedKernelsMax)
      for (const [oldest, { ended }] of this.#remembered) {
        if (!ended) continue;
        this.#remembered.delete(oldest);
        break;
      }
    return true;
  }

  closed(id: string): void {
    this.#open.delete(id);
    const remembered = this.#remembered.get(id);
    if (remembered) remembered.ended = true;
  }

  /** Ends it if it is open here. */
  end(id: string): void {
    this.#open.get(id)?.end();
  }

  ran(id: string, computation: string): void {
    const computations = this.#remembered.get(id)?.computations;
    if (computations && computations.push(computation) > bounds.rememberedComputationsMax) computations.shift();
  }

  /** The Idempotency-Key of a kernel's computation number `count`, by which other gateways find it. */
  static key = (id: string, count: number): string => `sagecell ${id} ${count}`;

  /** A kernel's computations, the first one first: from memory, else those that this client ran at another gateway. */
  async computations(id: string, client: Client, core: Computations): Promise<string[]> {
    const remembered = this.#remembered.get(id);
    if (remembered) return remembered.computations;
    const found: string[] = [];
    while (found.length < bounds.lookedUpMax) {
      const computation = idOfKey(String(this.#secret), client.id, SagecellKernels.key(id, found.length + 1));
      try {
        await core.view(computation);
      } catch (error) {
        if (error instanceof Failure && error.code === "notFound") break;
        throw error;
      }
      found.push(computation);
    }
    return found;
  }
}
