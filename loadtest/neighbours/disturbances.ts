/**
 * Neighbours that take more than their share, each until it is told to stop: a thread, so that the generator does not pay for them;
 * next: main.ts.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { Connections } from "#loadtest/generator/http.ts";

/** Begins, and resolves with what ends it. */
export type Disturbance = (url: string) => Promise<() => Promise<void>>;

const json = { "content-type": "application/json" };

async function submit(connections: Connections, client: string, code: string): Promise<string> {
  const headers = { ...json, "x-forwarded-for": client };
  const answer = await connections.ask({ method: "POST", path: "/v1/computations", headers, body: JSON.stringify({ code }) });
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`);
  return (JSON.parse(answer.text) as { id: string }).id;
}

const follow = (connections: Connections, id: string, client: string) =>
  connections.ask({
    method: "GET",
    path: `/v1/computations/${id}/events`,
    headers: { "x-forwarded-for": client },
    onText: () => undefined,
  });

/** Computations of 10 MB of output one after the other, each read to its end. */
const bigOutput: Disturbance = async (url) => {
  const connections = new Connections(url);
  let stopping = false;
  const loop = (async () => {
    while (!stopping) await follow(connections, await submit(connections, "10.9.0.1", 'print("x" * 10000000)'), "10.9.0.1");
  })();
  return async () => {
    stopping = true;
    await loop;
    await connections.close();
  };
};

/** A thousand people watch one computation, again and again. */
const watchers: Disturbance = async (url) => {
  const connections = new Connections(url);
  let stopping = false;
  const loop = (async () => {
    while (!stopping) {
      const id = await submit(connections, "10.9.0.2", "sleep(2)");
      await Promise.all(Array.from({ length: 1000 }, (_, n) => follow(connections, id, `10.9.${1 + (n >> 8)}.${n & 255}`)));
    }
  })();
  return async () => {
    stopping = true;
    await loop;
    await connections.close();
  };
};

/** Twenty readers ask for 10 MB and take nothing of it. */
const neverReads: Disturbance = async (url) => {
  const connections = new Connections(url);
  const id = await submit(connections, "10.9.0.3", 'print("x" * 10000000)');
  const { hostname, port } = new URL(url);
  const sockets = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const socket = connect(Number(port), hostname).on("error", () => undefined);
      await once(socket, "connect");
      socket.pause();
      socket.write(`GET /v1/computations/${id}/events HTTP/1.1\r\nHost: ${hostname}\r\nX-Forwarded-For: 10.9.0.3\r\n\r\n`);
      return socket;
    }),
  );
  return async () => {
    for (const socket of sockets) socket.destroy();
    await connections.close();
  };
};

/** Twenty uploads of 4 MB that come a kilobyte at a time. */
const slowUpload: Disturbance = async (url) => {
  const { hostname, port } = new URL(url);
  const text = JSON.stringify({ code: "1", files: [{ path: "a.txt", content: "x".repeat(4_000_000) }] });
  let stopping = false;
  const one = async () => {
    const socket = connect(Number(port), hostname).on("error", () => undefined);
    await once(socket, "connect");
    socket.write(
      `POST /v1/computations HTTP/1.1\r\nHost: ${hostname}\r\nX-Forwarded-For: 10.9.0.4\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n`,
    );
    for (let at = 0; at < text.length && !stopping && !socket.destroyed; at += 1024) {
      socket.write(text.slice(at, at + 1024));
      await pause(10);
    }
    socket.destroy();
  };
  const uploads = Array.from({ length: 20 }, one);
  return async () => {
    stopping = true;
    await Promise.all(uploads);
  };
};

export const disturbances: Record<string, Disturbance> = {
  "a 10 MB output": bigOutput,
  "a thousand watchers of one computation": watchers,
  "twenty readers that never read": neverReads,
  "twenty slow uploads": slowUpload,
};

if (!isMainThread) {
  const { name, url } = workerData as { name: string; url: string };
  const end = await disturbances[name]?.(url);
  parentPort?.once("message", () => void end?.().then(() => parentPort?.postMessage("ended")));
  parentPort?.postMessage("begun");
}
