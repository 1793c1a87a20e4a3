/** k6/metrics: what is added is kept until the iteration is over; next: execution.ts. */
import type { Sample } from "#loadtest/adapter/measures.ts";

type Kept = Omit<Sample, "value"> & { value?: number };
const samples: Kept[] = [];

export const measure = (sample: Kept): void => void samples.push(sample);
export const takeSamples = (): Kept[] => samples.splice(0);

class Metric {
  readonly name: string;
  readonly #type: Sample["type"];

  constructor(name: string, type: Sample["type"]) {
    this.name = name;
    this.#type = type;
    measure({ metric: name, type });
  }
  add(value: number | boolean): void {
    measure({ metric: this.name, type: this.#type, value: Number(value) });
  }
}

export class Counter extends Metric {
  constructor(name: string) {
    super(name, "counter");
  }
}
export class Trend extends Metric {
  constructor(name: string) {
    super(name, "trend");
  }
}
