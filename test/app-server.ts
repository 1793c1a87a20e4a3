/** The gateway's app on a real port over a memory core, for one test file; next: the tests. */
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import pino from "pino";
import { Registry } from "prom-client";
import { Permalinks } from "#database/permalinks.ts";
import { openSqlite } from "#database/sqlite.ts";
import { type GatewayAppParts, gatewayApp } from "#gateway/app.ts";
import { examples } from "#gateway/http/examples.ts";
import { makeServer, stopServer } from "#gateway/http/server.ts";
import { listen } from "#service/metrics.ts";
import { MemoryCore, memoryLimits } from "#test/memory-core.ts";

export type AppServer = {
  url: string;
  port: number;
  core: MemoryCore;
  parts: GatewayAppParts;
  /** Every line of log so far, parsed. */
  logged: () => Record<string, unknown>[];
  get: (path: string, headers?: Record<string, string>) => Promise<Response>;
  /** POSTs JSON (a string is sent as it is). */
  post: (path: string, body?: unknown, headers?: Record<string, string>) => Promise<Response>;
  stop: () => Promise<void>;
};

export async function startApp(change: Partial<GatewayAppParts> = {}): Promise<AppServer> {
  const core = new MemoryCore();
  let lines = "";
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines += String(chunk);
      done();
    },
  });
  const empty = mkdtempSync(join(tmpdir(), "sandcell-page-"));
  const parts: GatewayAppParts = {
    computations: core,
    sessions: core.sessions,
    files: core,
    permalinks: await Permalinks.open(openSqlite(":memory:"), { keepMs: 60_000, now: Date.now }),
    facts: {
      version: "0.0.0",
      limits: memoryLimits,
      codeBytesMax: 65_536,
      frameOrigin: "http://127.0.0.1:1",
      gvisor: true,
      linkKeepDays: 30,
    },
    timeoutSecondsMax: 120,
    clients: { secret: "a secret of this test" },
    full: () => undefined,
    health: () => ({ ready: true, reasons: [] }),
    status: () => examples.status,
    log: pino({ level: "info" }, sink),
    registry: new Registry(),
    trustProxy: false,
    pageDirectory: empty,
    ...change,
  };
  const server = makeServer(gatewayApp(parts));
  await listen(server, 0, "127.0.0.1");
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    port,
    core,
    parts,
    logged: () =>
      lines
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    get: (path, headers = {}) => fetch(url + path, { headers }),
    post: (path, body, headers = {}) =>
      fetch(url + path, {
        method: "POST",
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
        headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      }),
    stop: async () => {
      await stopServer(server, 0);
      rmSync(empty, { recursive: true, force: true });
    },
  };
}

/** Waits for a condition, 20 s at most. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (const giveUp = Date.now() + 20_000; !condition(); ) {
    if (Date.now() > giveUp) throw new Error(`never came true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
