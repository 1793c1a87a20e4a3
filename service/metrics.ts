/** Prometheus metrics and health on a port of their own, away from clients; next: lifecycle.ts. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { collectDefaultMetrics, Registry } from "prom-client";

export type Health = { ready: boolean; reasons: string[] };

export function makeRegistry(processName: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ process: processName });
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** Serves /metrics, /healthz (the process answers) and /readyz (503 with reasons until `health` says ready). */
export async function serveMetrics(options: {
  registry: Registry;
  host: string;
  port: number;
  health: () => Health;
}): Promise<{ port: number; stop: () => Promise<void> }> {
  const server = createServer((request, response) => {
    void answer(request.url ?? "/", options).then(({ status, type, body }) => {
      response.writeHead(status, { "content-type": type }).end(body);
    });
  });
  await listen(server, options.port, options.host);
  const stop = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { port: (server.address() as AddressInfo).port, stop };
}

async function answer(url: string, options: { registry: Registry; health: () => Health }) {
  const text = "text/plain; charset=utf-8";
  if (url === "/metrics") return { status: 200, type: options.registry.contentType, body: await options.registry.metrics() };
  if (url === "/healthz") return { status: 200, type: text, body: "alive\n" };
  if (url === "/readyz") {
    const { ready, reasons } = options.health();
    return { status: ready ? 200 : 503, type: text, body: ready ? "ready\n" : `${reasons.join("\n")}\n` };
  }
  return { status: 404, type: text, body: "/metrics /healthz /readyz\n" };
}

/** Resolves when the server listens; rejects with what the system said (port taken, address unknown). */
export function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
