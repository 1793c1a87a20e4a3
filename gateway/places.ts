/** Up to where finished transcripts have been read, and where in the ledger that is: who reads on need not begin at the beginning; next: computations.ts. */

/** Of so many computations, and of each at so many places: twenty who read the same long transcript are each somewhere else in it. */
const computationsMax = 2_000;
const placesMax = 128;

export class Places {
  readonly #of = new Map<string, Map<number, number>>();

  /** What follows record `number` of computation `id` stands behind `sequence`. */
  remember(id: string, number: number, sequence: number): void {
    const places = this.#of.get(id) ?? new Map<number, number>();
    this.#of.delete(id);
    this.#of.set(id, places);
    drop(this.#of, computationsMax);
    places.set(number, sequence);
    drop(places, placesMax);
  }

  /** The last known place that is not behind record `number`; undefined: read from the beginning. */
  before(id: string, number: number): number | undefined {
    let nearest = -1;
    let sequence: number | undefined;
    for (const [at, behind] of this.#of.get(id) ?? []) {
      if (at > number || at <= nearest) continue;
      nearest = at;
      sequence = behind;
    }
    return sequence;
  }
}

/** The oldest, down to `max`. */
function drop<K>(map: Map<K, unknown>, max: number): void {
  for (const key of map.keys()) {
    if (map.size <= max) return;
    map.delete(key);
  }
}
