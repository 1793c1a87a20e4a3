/**
 * What nginx costs a request, and what it saves when it serves a file itself: `node docs/nginx/cost.ts`. nginx.md has the figures.
 * Here the filestore stands for a gateway too: both are Express, and what nginx adds does not depend on what is behind it.
 */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { parseArgs } from "node:util";
import { startFilestore } from "#test/filestore.ts";
import { startNginx } from "#test/nginx.ts";

const { values } = parseArgs({ options: { serve: { type: "boolean" } } });
const cid = `c${"0".repeat(25)}`;
const requests = 20_000;
const connections = 8;

type Place = { url: string; path: string };

/** The filestore in a process of its own, so that its CPU time is told apart from the client's. */
async function serve(): Promise<void> {
  const store = await startFilestore();
  await store.put(cid, "a.txt", { body: "x".repeat(2000) });
  process.send?.({ url: store.url(), root: store.root });
  process.once("disconnect", () => void store.stop().then(() => process.exit(0)));
}

const ticksPerSecond = 100; // USER_HZ of every Linux that Node runs on
function cpuMs(pid: number): number {
  const fields = (process: number) => readFileSync(`/proc/${process}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  const own = (process: number) => ((Number(fields(process)[11]) + Number(fields(process)[12])) * 1000) / ticksPerSecond;
  const children = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && parentOf(name) === pid);
  return own(pid) + children.reduce((sum, child) => sum + own(Number(child)), 0);
}
function parentOf(process: string): number | undefined {
  try {
    return Number(readFileSync(`/proc/${process}/stat`, "utf8").split(") ")[1]?.split(" ")[1]);
  } catch {
    return undefined; // it has just ended
  }
}

const one = (agent: Agent, { url, path }: Place) =>
  new Promise<void>((resolve, reject) => {
    get(`${url}${path}`, { agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${path}: ${response.statusCode}`));
      response.resume().once("end", resolve);
    }).once("error", reject);
  });

async function load(place: Place, count: number, at: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: at });
  const took: number[] = [];
  let left = count;
  const worker = async () => {
    while (left-- > 0) {
      const start = performance.now();
      await one(agent, place);
      took.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: at }, worker));
  agent.destroy();
  return took.sort((a, b) => a - b);
}

async function compare(): Promise<void> {
  const child = spawn(process.execPath, [import.meta.filename, "--serve"], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const { url, root } = await new Promise<{ url: string; root: string }>((resolve) =>
    child.once("message", (m) => resolve(m as never)),
  );
  const gateway = new URL(url).host;
  const nginx = await startNginx([
    ["127.0.0.1:8080", gateway],
    ["/var/lib/sandcell/files", root],
    ["server_name sandcell.example.org", "server_name sandcell.example.org 127.0.0.1"],
  ]);
  const ways: [string, Place][] = [
    ["filestore, direct", { url, path: `/computations/${cid}/out/a.txt` }],
    ["through nginx", { url: nginx.url, path: `/computations/${cid}/out/a.txt` }],
    ["nginx, from the disk", { url: nginx.url, path: `/files/${cid}/a.txt` }],
  ];
  for (const [, place] of ways) await load(place, 3000, connections);
  console.log("a file of 2 kB               alone: p50 ms   p99 ms   8 at a time: per second   CPU us: node    nginx");
  for (const [name, place] of ways) {
    const alone = await load(place, requests / 10, 1);
    const before = [cpuMs(child.pid as number), cpuMs(nginx.pid)] as const;
    const start = performance.now();
    await load(place, requests, connections);
    const seconds = (performance.now() - start) / 1000;
    const cpu = [cpuMs(child.pid as number) - before[0], cpuMs(nginx.pid) - before[1]].map((ms) =>
      ((ms / requests) * 1000).toFixed(0),
    );
    const at = (share: number) => (alone[Math.floor(alone.length * share)] ?? 0).toFixed(2);
    const columns = [at(0.5).padStart(14), at(0.99).padStart(9), (requests / seconds).toFixed(0).padStart(25)];
    console.log(name.padEnd(28), ...columns, (cpu[0] ?? "").padStart(15), (cpu[1] ?? "").padStart(8));
  }
  await nginx.stop();
  child.disconnect();
}

if (values.serve) await serve();
else await compare();
