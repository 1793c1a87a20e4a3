/**
 * One virtual user: a thread that runs the script's function, which blocks as k6's do, while this thread does its input and output;
 * next: user-thread.ts (the other side).
 */
import { once } from "node:events";
import { join } from "node:path";
import { MessageChannel, Worker } from "node:worker_threads";
import type { Data, Sample } from "#loadtest/adapter/measures.ts";
import type { Options } from "#loadtest/adapter/options.ts";
import { type Order, serve } from "#loadtest/adapter/service.ts";

export type Of = { script: string; environment: Record<string, string> };
export type Iteration = { exec: string; iterationInTest: number; startedAt: number };
/** What a thread is asked; each is answered by one `Done`. */
export type Task = { do: "options" } | { do: "iterate"; iteration: Iteration } | { do: "summary"; data: Data };
export type Done = { result?: unknown; samples: (Omit<Sample, "value"> & { value?: number })[]; error?: string };

export class User {
  readonly #worker: Worker;
  readonly #orders: MessageChannel["port1"];
  readonly #turn: Int32Array;

  constructor(of: Of, id: number) {
    const { port1, port2 } = new MessageChannel();
    this.#turn = new Int32Array(new SharedArrayBuffer(4));
    this.#orders = port1;
    this.#worker = new Worker(join(import.meta.dirname, "user-thread.ts"), {
      workerData: { script: of.script, environment: of.environment, id, orders: port2, turn: this.#turn },
      transferList: [port2],
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    const answer = (value: unknown) => {
      port1.postMessage(value);
      Atomics.add(this.#turn, 0, 1);
      Atomics.notify(this.#turn, 0);
    };
    const service = serve(answer);
    port1.on("message", (order: Order) => void service(order));
    port1.unref();
  }

  async do(task: Task): Promise<Done> {
    this.#worker.postMessage(task);
    const [done] = (await once(this.#worker, "message")) as [Done];
    return done;
  }

  async end(): Promise<void> {
    this.#orders.close();
    await this.#worker.terminate();
  }
}

async function briefly(of: Of, task: Task): Promise<unknown> {
  const user = new User(of, 0);
  const { result, error } = await user.do(task);
  await user.end();
  if (error !== undefined) throw new Error(error);
  return result;
}

export const inspect = (of: Of): Promise<Options> => briefly(of, { do: "options" }) as Promise<Options>;
/** What is to be written where: paths, and `stdout`. */
export const summarise = (of: Of, data: Data): Promise<Record<string, string>> =>
  briefly(of, { do: "summary", data }) as Promise<Record<string, string>>;
