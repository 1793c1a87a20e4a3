/**
 * The operator with thousands of kernels: a real etcd, API server, nats-server, operator and gateway; kubelets and agents are played. Prints a table.
 * Options: --kernels N (10000), --seconds N of each measured while (30), --json FILE, --docs (the figures become a column of docs/operating.md).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { connect, tokenAuthenticator } from "@nats-io/transport-node";
import { connectKubernetes } from "#operator/kubernetes/connection.ts";
import { settingsEnvironment } from "#service/settings.ts";
import { difference, type Writes, writesOf } from "#test/bench/api-writes.ts";
import { computed, quantile } from "#test/bench/load.ts";
import { withFigures } from "#test/bench/operator-table.ts";
import { PlayedKernels } from "#test/bench/played-kernels.ts";
import { startCalloutServer } from "#test/callout-server.ts";
import { freePort } from "#test/nats-server.ts";
import { eventually, namespace, poolOf, poolsPath, startOperatorRig } from "#test/operator-rig.ts";
import { root } from "#test/tree.ts";

const { values } = parseArgs({
  options: {
    kernels: { type: "string", default: "10000" },
    seconds: { type: "string", default: "30" },
    json: { type: "string" },
    docs: { type: "boolean" },
  },
});
const kernels = Number(values.kernels);
const whileMs = Number(values.seconds) * 1000;
const fillMsMax = 900_000;
/** Thousands of kernels are not all replaced while somebody waits for a figure. */
const churnMsMax = 4 * whileMs;
const clients = 8;
const agents = Math.min(500, kernels);
/** How often an agent tries to come in: some minutes. */
const comesMax = 1000;
const spare = Math.max(2, Math.round(kernels / 20));

const folder = mkdtempSync(join(tmpdir(), "sandcell-bench-"));
const secret = "a secret of thirty-two characters or more";
const children: ChildProcess[] = [];
const table: [string, string][] = [];
const figures: Record<string, number> = {};
const row = (what: string, figure: number, unit: string, digits = figure < 10 ? 1 : 0) => {
  table.push([what, `${figure.toFixed(digits)} ${unit}`.trim()]);
  figures[`${what}, ${unit}`] = figure;
  console.log(`${what}: ${table.at(-1)?.[1]}`);
};

/** A process of ours, and what it has used: CPU in ms, memory in MB. */
const start = (main: string, settings: Record<string, unknown>) => {
  const argv = ["--disable-warning=ExperimentalWarning", join(root, main)];
  const env = { ...settingsEnvironment({ logLevel: "warn", exitWithParent: true, ...settings }), PATH: process.env["PATH"] };
  const child = spawn(process.execPath, argv, { env, stdio: ["pipe", "ignore", "inherit"] });
  children.push(child);
  child.once("exit", (code) => code && console.error(`${main} ended with ${code}`));
  return child;
};
const cpuMs = ({ pid }: ChildProcess) => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
};
const memoryMb = ({ pid }: ChildProcess) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

const rig = await startOperatorRig({ controllers: false });
const nats = await startCalloutServer();
const log = nats.log;
const [connection, played] = await (async () => {
  const own = await connectKubernetes(rig.kubeconfig);
  return [own, new PlayedKernels(own, await nats.connectAs("gateway"), namespace, log)] as const;
})();
await rig.make("/apis/node.k8s.io/v1/runtimeclasses", { metadata: { name: "gvisor" }, handler: "runsc" });

const operatorPort = await freePort();
const urlOf = (user: string) => nats.server.url.replace("nats://", `nats://${user}:password@`);
const operator = start("operator/main.ts", {
  natsUrl: urlOf("operator"),
  natsSystemUrl: urlOf("operator-system"),
  natsIssuerSecret: secret,
  kernelNatsUrl: nats.server.url,
  kernelNamespace: namespace,
  agentImage: "sandcell/node:bench",
  kubeconfig: rig.kubeconfig,
  leaseNamespace: namespace,
  identity: "bench",
  operatorMetricsPort: operatorPort,
});
const gatewayPort = await freePort();
const gateway = start("gateway/main.ts", {
  natsUrl: urlOf("gateway"),
  databaseUrl: `sqlite:${join(folder, "bench.sqlite")}`,
  filestoreUrl: "http://127.0.0.1:9",
  filestoreSecret: "s".repeat(43),
  identitySecret: secret,
  port: gatewayPort,
  framePort: await freePort(),
  metricsPort: await freePort(),
});
const url = `http://127.0.0.1:${gatewayPort}`;
// biome-ignore lint/suspicious/noExplicitAny: a pool's status
const status = async (): Promise<any> => (await rig.api("GET", `${poolsPath}/default`)).body.status ?? {};

/** What the operator wrote, without what we played. */
const ownWrites = (writes: Writes, before: typeof played.writes): Writes => ({
  ...writes,
  "DELETE pods": (writes["DELETE pods"] ?? 0) - (played.writes.removed - before.removed),
  "PATCH pods/status": (writes["PATCH pods/status"] ?? 0) - (played.writes.said - before.said),
  "POST pods/binding": 0,
});
const sum = (writes: Writes, pattern: RegExp) =>
  Object.entries(writes).reduce((all, [what, count]) => all + (pattern.test(what) ? count : 0), 0);

/** What happens while `act` goes on: seconds, the operator's CPU, its writes. */
const during = async (act: () => Promise<unknown>) => {
  const before = { writes: await writesOf(rig.api), played: { ...played.writes }, cpu: cpuMs(operator), at: performance.now() };
  await act();
  const seconds = (performance.now() - before.at) / 1000;
  const writes = ownWrites(difference(await writesOf(rig.api), before.writes), before.played);
  return { seconds, cpuPercent: (cpuMs(operator) - before.cpu) / seconds / 10, writes };
};
/** Computations, `clients` at a time, until told otherwise: milliseconds from POST to the kernel that has it. */
const load = (until: { over: boolean }) => {
  const assigned: number[] = [];
  let failed = 0;
  const worker = async () => {
    while (!until.over) {
      try {
        const { id, startedAt } = await computed(url, "1+1");
        assigned.push((played.assignedAt.get(id) ?? Number.NaN) - startedAt);
        played.assignedAt.delete(id);
      } catch (error) {
        failed += 1;
        if (failed <= 3) console.error(`a computation failed: ${error instanceof Error ? error.message : error}`);
      }
    }
  };
  const done = Promise.all(Array.from({ length: clients }, worker));
  return { assigned, done, failed: () => failed };
};
const reportLoad = (name: string, { assigned, failed }: ReturnType<typeof load>, seconds: number) => {
  row(`${name}: computations a second, eight clients`, assigned.length / seconds, "");
  row(`${name}: POST to kernel, p50`, quantile(assigned, 0.5), "ms");
  row(`${name}: POST to kernel, p99`, quantile(assigned, 0.99), "ms");
  row(`${name}: computations that failed`, failed(), "", 0);
};

/** Starting is nobody's figure here. */
const started = async () => {
  const says = (where: string, words: string) => async () =>
    (
      await fetch(where).then(
        (answer) => answer.text(),
        () => "",
      )
    ).includes(words);
  await eventually(
    "a leading operator",
    says(`http://127.0.0.1:${operatorPort}/metrics`, 'sandcell_operator_leads{process="operator"} 1'),
    120_000,
  );
  await eventually(
    "the gateway",
    async () =>
      fetch(`${url}/v1/docs`).then(
        ({ ok }) => ok,
        () => false,
      ),
    120_000,
  );
};
const measure = async () => {
  await started();
  const capacity = { idleMin: kernels, idleMax: kernels, totalMax: kernels + spare };
  const spec = { capacity, refill: { perSecond: 1000, burst: 1000 }, updateStrategy: { maxUnavailable: spare } };
  const fill = await during(async () => {
    await rig.make(poolsPath, poolOf("default", spec));
    const giveUp = Date.now() + fillMsMax;
    for (let last = 0; ; await pause(1000)) {
      if (Date.now() > giveUp) throw new Error(`not filled within ${fillMsMax / 1000} s: ${JSON.stringify(await status())}`);
      const { idle = 0 } = await status();
      if (idle >= kernels) break;
      if (Math.floor(idle / 1000) > last) console.log(`${idle} idle`);
      last = Math.floor(idle / 1000);
    }
  });
  row("filling: time until all are idle", fill.seconds, "s");
  row("filling: kernels a second", kernels / fill.seconds, "");
  row("filling: operator's CPU", fill.cpuPercent, "%");
  row("filling: writes a kernel (create)", sum(fill.writes, /^POST pods$/) / kernels, "", 2);
  row("filling: other writes (pool's status, Lease, events)", sum(fill.writes, /kernelpools|leases|events/), "", 0);

  const rest = await during(() => pause(whileMs));
  row("at rest: operator's CPU", rest.cpuPercent, "%");
  row("at rest: operator's memory", memoryMb(operator), "MB", 0);
  row("at rest: gateway's memory", memoryMb(gateway), "MB", 0);
  row("at rest: writes a second, beside the Lease", sum(rest.writes, /pods|kernelpools|events/) / rest.seconds, "", 2);

  const until = { over: false };
  const reuse = load(until);
  const worked = await during(async () => {
    await pause(whileMs);
    until.over = true;
    await reuse.done;
  });
  reportLoad("kernels used again", reuse, worked.seconds);
  row("kernels used again: operator's CPU", worked.cpuPercent, "%");
  row(
    "kernels used again: writes a computation, pods or pool",
    sum(worked.writes, /pods|kernelpools/) / reuse.assigned.length,
    "",
    4,
  );

  const churning = { over: false };
  const churn = load(churning);
  const rollOut = await during(async () => {
    await rig.api("PATCH", `${poolsPath}/default`, { spec: { template: { labels: { bench: "second" } } } });
    for (const giveUp = Date.now() + churnMsMax; Date.now() < giveUp; await pause(1000)) {
      const { updated, idle, total, observedGeneration } = await status();
      if (observedGeneration === 2 && updated >= kernels && total === updated && idle >= kernels - clients) break;
    }
    churning.over = true;
    await churn.done;
  });
  const replaced = sum(rollOut.writes, /^POST pods$/);
  row("roll-out: kernels replaced", replaced, "", 0);
  row("roll-out: kernels replaced a second", replaced / rollOut.seconds, "");
  row("roll-out: operator's CPU", rollOut.cpuPercent, "%");
  row("roll-out: writes a kernel (create, delete)", sum(rollOut.writes, /pods/) / replaced, "", 2);
  row("roll-out: operator's memory", memoryMb(operator), "MB", 0);
  reportLoad("roll-out", churn, rollOut.seconds);

  // Agents that come in at once, as after a restart of NATS, each with its pod's own token.
  // Only of pods that stay: the roll-out may go on, and who comes with the token of a pod that is gone never gets in.
  const { body } = await rig.api("GET", `/api/v1/namespaces/${namespace}/pods?labelSelector=bench%3Dsecond&limit=${agents}`);
  const tokens: string[] = [];
  for (const { metadata } of body.items as { metadata: { name: string; uid: string } }[]) {
    const boundObjectRef = { apiVersion: "v1", kind: "Pod", name: metadata.name, uid: metadata.uid };
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/kernel/token`;
    const { body: answer } = await rig.api("POST", path, { spec: { audiences: ["nats"], boundObjectRef } });
    if (answer.status?.token) tokens.push(answer.status.token);
  }
  const entering = await during(async () => {
    const come = (token: string) =>
      connect({
        servers: nats.server.url,
        authenticator: tokenAuthenticator(token),
        ignoreAuthErrorAbort: true,
        maxReconnectAttempts: comesMax,
        waitOnFirstConnect: true,
        reconnectTimeWait: 200,
        reconnectJitter: 100,
        timeout: 20_000,
      });
    const inside = await Promise.all(tokens.map(come));
    for (const agent of inside) await agent.close();
  });
  row("agents that come to NATS at once: a second", tokens.length / entering.seconds, "", 0);
  row("agents that come to NATS at once: token reviews an agent", sum(entering.writes, /tokenreviews/) / tokens.length, "", 2);
};

const end = async (code: number) => {
  for (const child of children) child.kill("SIGKILL");
  await Promise.all([played.stop(), connection.close(), nats.server.stop(), rig.stop()]);
  rmSync(folder, { recursive: true, force: true });
  process.exit(code);
};
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void end(1));

try {
  await measure();
  const width = Math.max(...table.map(([what = ""]) => what.length));
  console.log(`\n| ${"what".padEnd(width)} | figure |\n|${"-".repeat(width + 2)}|---|`);
  for (const [what = "", figure = ""] of table) console.log(`| ${what.padEnd(width)} | ${figure.trim()} |`);
  const page = join(root, "docs/operating.md");
  if (values.docs) writeFileSync(page, withFigures(readFileSync(page, "utf8"), kernels, table));
  if (values.json) writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
  await end(0);
} catch (error) {
  console.error(error);
  await end(1);
}
