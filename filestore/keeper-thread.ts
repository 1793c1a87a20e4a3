/** The thread that keeps files: all that wait at a time; its other side is keepers.ts. Next: uploads.ts. */
import { parentPort, receiveMessageOnPort } from "node:worker_threads";
import { keepAll } from "#filestore/keep.ts";
import type { Answer, Task } from "#filestore/keepers.ts";

/** An answer does not wait for more than these. */
const tasksMax = 64;

const port = parentPort;
port?.on("message", (first: Task) => {
  const tasks = [first];
  while (tasks.length < tasksMax) {
    const next = receiveMessageOnPort(port) as { message: Task } | undefined;
    if (!next) break;
    tasks.push(next.message);
  }
  const kept = keepAll(tasks.map(({ keep }) => keep));
  port.postMessage(tasks.map(({ id }, at): Answer => ({ id, kept: kept[at] ?? { code: "", message: "" } })));
});
