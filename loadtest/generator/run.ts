/**
 * The open-loop generator: requests come when they are due, however slow the answers are, and each is timed from the moment at which it
 * was due, so that a server that stalls cannot hide the requests that it kept from being sent; next: summary.ts.
 */
import { setTimeout as pause } from "node:timers/promises";
import { poisson, randomFrom } from "#loadtest/generator/arrivals.ts";
import { compute, type Reader, type Result } from "#loadtest/generator/computation.ts";
import { Connections } from "#loadtest/generator/http.ts";
import { type Kind, pick } from "#loadtest/lib/mix.js";

export type Load = {
  urls: readonly string[];
  perSecond: number;
  seconds: number;
  mix: Kind[];
  seed: number;
  /** How many clients there seem to be: each an address of its own in X-Forwarded-For, as a proxy on the server's machine would say. */
  clients: number;
  reader: Reader | "both";
  token: string | undefined;
  echoes: boolean;
  /** Each result as it comes; those that are `finished` are many. */
  onResult: (result: Result) => void;
};

const address = (n: number): string => `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;

/** Resolves when every computation that was asked for has its result. */
export async function generate(load: Load): Promise<{ asked: number; cpuMs: number; wallMs: number }> {
  const random = randomFrom(load.seed);
  const servers = load.urls.map((url) => new Connections(url));
  const cpu = process.cpuUsage();
  const start = performance.now();
  const open = new Set<Promise<void>>();
  let n = 0;
  for (const due of poisson(load.perSecond, load.seconds, random)) {
    const early = start + due - performance.now();
    if (early >= 1) await pause(early);
    n++;
    const kind = pick(load.mix, random());
    const connections = servers[n % servers.length];
    const reader = load.reader === "both" ? (n % 2 === 0 ? "poll" : "events") : load.reader;
    if (!connections) throw new Error("no address to ask");
    const client = address(1 + (n % load.clients));
    const { token, echoes } = load;
    const one = compute({ connections, kind, code: kind.code(n), client, token, reader, dueAt: start + due, echoes })
      .then(load.onResult)
      .finally(() => open.delete(one));
    open.add(one);
  }
  await Promise.all(open);
  const used = process.cpuUsage(cpu);
  await Promise.all(servers.map((server) => server.close()));
  return { asked: n, cpuMs: (used.user + used.system) / 1000, wallMs: performance.now() - start };
}
