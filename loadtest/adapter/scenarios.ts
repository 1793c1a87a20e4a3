/** When which user runs the script's function: k6's executors that the scripts use; next: measures.ts. */
import { setTimeout as pause } from "node:timers/promises";
import type { Measures } from "#loadtest/adapter/measures.ts";
import { msOf, type Options, type Scenario } from "#loadtest/adapter/options.ts";
import { type Of, User } from "#loadtest/adapter/user.ts";

export type Run = Of & { options: Options; measures: Measures; startedAt: number };

/** A thread takes some 30 MB: more users than this are for k6 itself. */
const usersMax = 256;

/** Resolves when every scenario is over. */
export async function runScenarios(run: Run): Promise<void> {
  const crew = new Crew(run);
  await Promise.all(Object.entries(run.options.scenarios).map(([, scenario]) => runScenario(scenario, crew)));
  await crew.end();
}

class Crew {
  readonly #run: Run;
  readonly #idle: User[] = [];
  readonly #all: User[] = [];
  #failures = 0;

  constructor(run: Run) {
    this.#run = run;
  }

  /** Somebody who is idle, or one more; undefined when `most` are there already. */
  take(most: number): User | undefined {
    const idle = this.#idle.pop();
    if (idle || this.#all.length >= Math.min(most, usersMax)) return idle;
    const user = new User(this.#run, this.#all.length + 1);
    this.#all.push(user);
    return user;
  }

  async iterate(user: User, scenario: Scenario, iterationInTest: number): Promise<void> {
    const begun = performance.now();
    const iteration = { exec: scenario.exec ?? "default", iterationInTest, startedAt: this.#run.startedAt };
    const { samples, error } = await user.do({ do: "iterate", iteration });
    for (const sample of samples) this.#run.measures.add(sample);
    this.#run.measures.add({ metric: "iterations", type: "counter", value: 1 });
    this.#run.measures.add({ metric: "iteration_duration", type: "trend", value: performance.now() - begun });
    if (error !== undefined && ++this.#failures <= 5) process.stderr.write(`${error}\n`);
    this.#idle.push(user);
  }

  drop(): void {
    this.#run.measures.add({ metric: "dropped_iterations", type: "counter", value: 1 });
  }

  async end(): Promise<void> {
    await Promise.all(this.#all.map((user) => user.end()));
  }
}

async function runScenario(scenario: Scenario, crew: Crew): Promise<void> {
  await pause(msOf(scenario.startTime ?? "0s"));
  const start = performance.now();
  const elapsed = () => performance.now() - start;
  let iterations = 0;
  if (scenario.executor === "constant-vus" || scenario.executor === "per-vu-iterations") {
    const each = scenario.executor === "per-vu-iterations" ? scenario.iterations : Number.POSITIVE_INFINITY;
    const untilMs = scenario.executor === "constant-vus" ? msOf(scenario.duration) : msOf(scenario.maxDuration ?? "10m");
    const one = async () => {
      const user = crew.take(scenario.vus);
      for (let done = 0; user && done < each && elapsed() < untilMs; done++) await crew.iterate(user, scenario, iterations++);
    };
    await Promise.all(Array.from({ length: scenario.vus }, one));
    return;
  }
  const open: Promise<void>[] = [];
  for (const due of dueTimes(scenario)) {
    await pause(Math.max(0, due - elapsed()));
    const user = crew.take(scenario.maxVUs ?? scenario.preAllocatedVUs);
    if (user) open.push(crew.iterate(user, scenario, iterations++));
    else crew.drop();
  }
  await Promise.all(open);
}

/** Milliseconds at which an iteration is due, evenly spaced as k6 spaces them. */
export function* dueTimes(scenario: Extract<Scenario, { preAllocatedVUs: number }>): Generator<number> {
  const stages =
    scenario.executor === "constant-arrival-rate" ? [{ target: scenario.rate, duration: scenario.duration }] : scenario.stages;
  let from = scenario.executor === "constant-arrival-rate" ? scenario.rate : scenario.startRate;
  let begin = 0;
  let credit = 0;
  for (const { target, duration } of stages) {
    const ms = msOf(duration);
    const rateAt = (at: number) => from + ((target - from) * at) / ms;
    for (let at = 0; at < ms; ) {
      // One more is due when the rate, summed up over time, has grown by one.
      const step = Math.min(1000 / Math.max(rateAt(at), 0.001), 100, ms - at);
      credit += (rateAt(at + step / 2) * step) / 1000;
      at += step;
      for (; credit >= 1; credit--) yield begin + at;
    }
    begin += ms;
    from = target;
  }
}
