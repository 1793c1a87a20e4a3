/** Orders to the thread that does input and output, and waiting for what it answers; next: http.ts. */
import { type MessagePort, receiveMessageOnPort, workerData } from "node:worker_threads";
import type { Order } from "#loadtest/adapter/service.ts";

const { orders, turn } = workerData as { orders: MessagePort; turn: Int32Array };

export const say = (order: Order): void => orders.postMessage(order);

/** The next answer; undefined when none came within `ms`. */
export function next(ms = Number.POSITIVE_INFINITY): unknown {
  for (const giveUp = performance.now() + ms; ; ) {
    const seen = Atomics.load(turn, 0);
    const received = receiveMessageOnPort(orders);
    if (received) return received.message;
    const left = giveUp - performance.now();
    if (left <= 0) return undefined;
    Atomics.wait(turn, 0, seen, left);
  }
}
