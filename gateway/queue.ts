/** The bounded, fair line of computations that wait for a kernel: round robin over clients; next: free-kernels.ts. */

export type QueueLimits = {
  /** All that may wait here. */
  waitingMax: number;
  /** What one client may have waiting and running here together. */
  perClientMax: number;
};

export type Refusal = "full" | "tooMany";

type Waiting<T> = { id: string; client: string; item: T };

/** No clock and no promise: who comes next, who is refused, and what place somebody has. */
export class FairQueue<T> {
  readonly #lines = new Map<string, Waiting<T>[]>();
  /** Clients in the order in which they are served next. */
  #turns: string[] = [];
  readonly #held = new Map<string, number>();
  #size = 0;
  /** Held for somebody who is neither in the line nor with a kernel yet. */
  #arriving = 0;
  limits: QueueLimits;

  constructor(limits: QueueLimits) {
    this.limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  /** Would one more find no place, though so many kernels are `idle`? */
  isFull(idle: number): boolean {
    return this.#size + this.#arriving >= this.limits.waitingMax + idle;
  }

  /** Places that the client with the most of them has. */
  get mostHeld(): number {
    return Math.max(0, ...this.#held.values());
  }

  /** Takes one of the client's places, held until `release`, and a place in the line as long as it has not `arrived`; `idle`: such kernels there are now. */
  hold(client: string, idle: number): Refusal | undefined {
    const held = this.#held.get(client) ?? 0;
    if (held >= this.limits.perClientMax) return "tooMany";
    if (this.isFull(idle)) return "full";
    this.#held.set(client, held + 1);
    this.#arriving++;
    return undefined;
  }

  /** To be called once for each that `hold` took: it stands in the line by now, has a kernel, or does not come. */
  arrived(): void {
    this.#arriving--;
  }

  release(client: string): void {
    const held = (this.#held.get(client) ?? 0) - 1;
    if (held > 0) this.#held.set(client, held);
    else this.#held.delete(client);
  }

  /** `first`: ahead of the client's own others, for one that was already taken and turned away. */
  add(id: string, entry: { client: string; item: T; first?: boolean }): void {
    const line = this.#lines.get(entry.client);
    const waiting = { id, client: entry.client, item: entry.item };
    if (!line) {
      this.#lines.set(entry.client, [waiting]);
      if (entry.first) this.#turns.unshift(entry.client);
      else this.#turns.push(entry.client);
    } else if (entry.first) line.unshift(waiting);
    else line.push(waiting);
    this.#size++;
  }

  /** Takes out who is next, or undefined when nobody waits. */
  next(): T | undefined {
    const client = this.#turns.shift();
    if (client === undefined) return undefined;
    const line = this.#lines.get(client) ?? [];
    const taken = line.shift();
    if (line.length > 0) this.#turns.push(client);
    else this.#lines.delete(client);
    if (!taken) return this.next();
    this.#size--;
    return taken.item;
  }

  remove(id: string): T | undefined {
    for (const [client, line] of this.#lines) {
      const at = line.findIndex((w) => w.id === id);
      if (at < 0) continue;
      const [taken] = line.splice(at, 1);
      if (line.length === 0) {
        this.#lines.delete(client);
        this.#turns = this.#turns.filter((c) => c !== client);
      }
      this.#size--;
      return taken?.item;
    }
    return undefined;
  }

  /** How many are served before it, plus one; undefined when it does not wait here. */
  position(id: string): number | undefined {
    for (const [client, line] of this.#lines) {
      const depth = line.findIndex((w) => w.id === id);
      if (depth < 0) continue;
      const turn = this.#turns.indexOf(client);
      let before = depth;
      this.#turns.forEach((other, index) => {
        if (other === client) return;
        const length = this.#lines.get(other)?.length ?? 0;
        before += Math.min(length, index < turn ? depth + 1 : depth);
      });
      return before + 1;
    }
    return undefined;
  }
}
