/** What an admin asks of a gateway, as Prometheus metrics; next: main.ts. docs/metrics.md explains each. */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Core } from "#gateway/build.ts";

export function watchCore(core: Core, registry: Registry): void {
  const registers = [registry];
  const outcomes = new Counter({
    name: "sandcell_outcomes_total",
    help: "Computations whose outcome became known here, by kind.",
    labelNames: ["kind"],
    registers,
  });
  const seconds = new Histogram({
    name: "sandcell_computation_seconds",
    help: "From acceptance to outcome.",
    buckets: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300],
    registers,
  });
  const waits = new Histogram({
    name: "sandcell_wait_seconds",
    help: "From acceptance to the kernel, or to the end of the longest wait.",
    buckets: [0.005, 0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 20, 60],
    registers,
  });
  const refused = new Counter({
    name: "sandcell_refused_total",
    help: "Computations that were not accepted here, by the failure's code.",
    labelNames: ["code"],
    registers,
  });
  core.onRefused((code) => refused.inc({ code }));
  core.onFinished((entry) => {
    if (!entry.outcome) return;
    waits.observe(Math.max(0, (entry.assigned ?? entry.outcome).at - entry.request.at) / 1000);
    outcomes.inc({ kind: entry.outcome.outcome.kind });
    seconds.observe(Math.max(0, entry.outcome.at - entry.request.at) / 1000);
  });
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  gauge("sandcell_queue_waiting", "Computations that wait for a kernel here.", () => core.queue.size);
  gauge("sandcell_running", "Computations that this gateway takes to their end.", () => core.dispatch.running);
  gauge("sandcell_archive_waiting", "Finished computations that the archive does not have yet.", () => core.archiver.waiting);
  gauge(
    "sandcell_queue_client_most",
    "Computations of the client that has most waiting and running.",
    () => core.queue.mostHeld,
  );
  const gaugeBy = (label: string, name: string, help: string, values: () => [string, number][]) =>
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers,
      collect() {
        for (const [of, value] of values()) this.set({ [label]: of }, value);
      },
    });
  gaugeBy("stream", "sandcell_ledger_bytes", "Bytes that a stream of the ledger holds.", () =>
    core.room.streams.map(({ stream, bytes }) => [stream, bytes]),
  );
  gaugeBy("stream", "sandcell_ledger_bytes_max", "Bytes that it may hold.", () =>
    core.room.streams.map(({ stream, bytesMax }) => [stream, bytesMax]),
  );
  gaugeBy("state", "sandcell_kernels", "Kernels of the pool, by what they say of themselves.", () =>
    Object.entries(core.kernels.counts(core.rules.pool)),
  );
}
