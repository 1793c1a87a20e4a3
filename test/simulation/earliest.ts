/** Things by a time each, the earliest first: a binary heap; next: crowd.ts. */
export class Earliest<T> {
  readonly #heap: T[] = [];
  readonly #time: (thing: T) => number;

  constructor(time: (thing: T) => number) {
    this.#time = time;
  }

  get first(): T | undefined {
    return this.#heap[0];
  }

  add(thing: T): void {
    this.#heap.push(thing);
    for (let at = this.#heap.length - 1; at > 0; ) {
      const above = (at - 1) >> 1;
      if (!this.#swapped(above, at)) return;
      at = above;
    }
  }

  /** Takes the first one out. */
  take(): T | undefined {
    const [first, last] = [this.#heap[0], this.#heap.pop()];
    if (this.#heap.length === 0 || last === undefined) return first;
    this.#heap[0] = last;
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const below = this.#of(right) < this.#of(left) ? right : left;
      if (!this.#swapped(at, below)) return first;
      at = below;
    }
  }

  #of(at: number): number {
    const thing = this.#heap[at];
    return thing === undefined ? Number.POSITIVE_INFINITY : this.#time(thing);
  }

  /** Puts the earlier of the two above; false: it was there. */
  #swapped(above: number, below: number): boolean {
    const [a, b] = [this.#heap[above], this.#heap[below]];
    if (a === undefined || b === undefined || this.#time(a) <= this.#time(b)) return false;
    this.#heap[above] = b;
    this.#heap[below] = a;
    return true;
  }
}
