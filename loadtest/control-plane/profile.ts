/** A CPU profile of a running Node process of ours, over its inspector; next: flame.ts (the picture). */
import { setTimeout as pause } from "node:timers/promises";
import WebSocket from "ws";

/** Node listens here once it is asked to by SIGUSR1: only one process of a machine can be profiled at a time. */
const inspector = "http://127.0.0.1:9229/json/list";
const openTries = 50;

export type Profile = {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number }; children?: number[] }[];
  samples: number[];
  timeDeltas: number[];
};

/** Profiles from now until `stop`, a sample each `intervalMicros`. */
export async function startProfile(pid: number, intervalMicros = 500): Promise<{ stop: () => Promise<Profile> }> {
  process.kill(pid, "SIGUSR1");
  const socket = new WebSocket(await address());
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  let last = 0;
  const waiting = new Map<number, (result: unknown) => void>();
  socket.on("message", (data: Buffer) => {
    const { id, result } = JSON.parse(data.toString()) as { id?: number; result: unknown };
    if (id !== undefined) waiting.get(id)?.(result);
  });
  const call = (method: string, params: object = {}) =>
    new Promise<unknown>((resolve) => {
      waiting.set(++last, resolve);
      socket.send(JSON.stringify({ id: last, method, params }));
    });
  await call("Profiler.enable");
  await call("Profiler.setSamplingInterval", { interval: intervalMicros });
  await call("Profiler.start");
  return {
    stop: async () => {
      const { profile } = (await call("Profiler.stop")) as { profile: Profile };
      // Leaves the port to the next one.
      void call("Runtime.evaluate", { expression: "process._debugEnd()" });
      await new Promise((resolve) => socket.once("close", resolve));
      return profile;
    },
  };
}

async function address(): Promise<string> {
  for (let tries = 1; ; tries++) {
    try {
      const [target] = (await (await fetch(inspector)).json()) as { webSocketDebuggerUrl: string }[];
      if (target) return target.webSocketDebuggerUrl;
    } catch (error) {
      if (tries === openTries) throw error;
    }
    await pause(100);
  }
}
