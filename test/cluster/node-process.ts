/**
 * A node and its control plane as one process: `node test/cluster/node-process.ts` says in a line of JSON how to reach it, and ends it, leaving nothing, when
 * its standard input ends or on SIGTERM or SIGINT. So it outlives nobody, however they die; next: node-settings.ts.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { connectApi } from "#test/cluster/api.ts";
import { makeCertificates, writeKubeconfig } from "#test/cluster/certificates.ts";
import * as components from "#test/cluster/components.ts";
import { type Daemon, hasProcess, ownFolder, startDaemon, stopDaemons, until } from "#test/cluster/daemons.ts";
import { makeCgroup, type Namespaces, removeCgroups, startNamespaces } from "#test/cluster/namespaces.ts";
import * as settings from "#test/cluster/node-settings.ts";
import { debianFilesPath, imageStorePath, kubernetesPath, nodeProgramsPath, runscPath } from "#test/cluster/places.ts";
import { freePort } from "#test/nats-server.ts";

const stepMs = 120_000;
const address = settings.nodeAddress;
const inside = `https://${address}:6443`;
const kubeall = join(kubernetesPath(), "kubeall");
const programs = nodeProgramsPath();

const folder = ownFolder("node");
/** Beside the images, because links do not reach another file system. */
const storage = ownFolder("node", dirname(imageStorePath()));
const daemons: Daemon[] = [];
let namespaces: Namespaces | undefined;

const stop = async () => {
  // Process 1 first: everything in the namespaces ends with it, sandboxes too, and nobody mourns.
  if (namespaces && hasProcess(namespaces.pid)) process.kill(namespaces.pid, "SIGKILL");
  await stopDaemons([...daemons, ...(namespaces ? [namespaces.init] : [])]);
  await removeCgroups();
  for (const path of [folder, storage]) rmSync(path, { recursive: true, force: true });
};

/** Fills containerd's folder: big files, which it never changes, by links; the rest, its databases above all, by copies. */
const fillStorage = () => {
  const [store, big] = [
    imageStorePath(),
    ["io.containerd.content.v1.content/blobs", "io.containerd.snapshotter.v1.overlayfs/snapshots"],
  ];
  const isBig = (path: string) => big.some((name) => path === join(store, name));
  cpSync(store, storage, { recursive: true, filter: (path) => !isBig(path) });
  for (const name of big) execFileSync("cp", ["-al", join(store, name), join(storage, name)], { timeout: stepMs });
};

const writeFiles = (places: settings.NodePlaces) => {
  for (const name of ["network", "kubelet"]) mkdirSync(join(folder, name));
  const file = (name: string, content: string | object) =>
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  file("network/10-bridge.conflist", settings.network());
  file("runsc.toml", settings.runscToml(places));
  file("containerd.toml", settings.containerdToml(places));
  file("kubelet.yaml", settings.kubelet(places));
  file("proxy.yaml", settings.proxy(places));
  file("Corefile", settings.corefile(places));
  file("resolv.conf", "");
  makeCertificates(folder, [
    { name: "apiserver", user: "kube-apiserver", group: "test", hosts: components.apiServerHosts(address) },
    { name: "admin", user: "admin", group: "system:masters" },
    { name: "kubelet", user: `system:node:${settings.nodeName}`, group: "system:nodes", hosts: [`IP:${address}`] },
  ]);
  for (const name of ["admin", "kubelet"])
    writeKubeconfig(join(folder, `${name}.kubeconfig`), { server: inside, folder, name });
};

/** The kubelet, in a mount namespace where the machine's sysctls look as it wants them. What it mounts elsewhere is seen in the node's. */
const kubeletCommand = () => {
  const shown = Object.entries(settings.shownSysctls).map(([name, value], number) => {
    const path = join(folder, `sysctl-${number}`);
    writeFileSync(path, value);
    return `mount --bind '${path}' /proc/sys/${name}`;
  });
  const flags = ["--config", join(folder, "kubelet.yaml"), "--kubeconfig", join(folder, "kubelet.kubeconfig")];
  const identity = ["--node-ip", address, "--hostname-override", settings.nodeName];
  const script = ["mount --make-private /proc", ...shown, 'exec "$@"'].join(" && ");
  return [
    "unshare",
    "--mount",
    "--propagation",
    "unchanged",
    "sh",
    "-c",
    script,
    "sh",
    kubeall,
    "kubelet",
    ...flags,
    ...identity,
  ];
};

const start = async () => {
  const places = { folder, storage, debianFiles: debianFilesPath(), runsc: runscPath(), cgroup: makeCgroup() };
  writeFiles(places);
  fillStorage();
  namespaces = await startNamespaces(folder, { address, route: components.servicesCidr, kubelet: join(folder, "kubelet") });
  const { enter } = namespaces;
  const tools = `${programs}:${join(places.debianFiles, "usr/sbin")}:${process.env["PATH"]}:/usr/sbin:/sbin`;
  const run = (name: string, command: readonly string[]) => {
    daemons.push(startDaemon(name, [...enter, ...command], { folder, env: { PATH: tools } }));
  };
  const ports = { api: 6443, etcd: 2379, etcdPeer: 2380, controllerManager: 10257, scheduler: 10259 };
  const plane = { folder, address, bindAddress: "0.0.0.0", ports };
  run("etcd", [kubeall, ...components.etcd(plane)]);
  run("apiserver", [kubeall, ...components.apiServer(plane)]);
  run("containerd", [join(programs, "containerd"), "--config", join(folder, "containerd.toml")]);

  // The API server on the machine's loopback: tests need not enter the node.
  const [socket, port] = [join(folder, "api.sock"), await freePort()];
  run("forward-inside", [kubeall, "forward", socket, `${address}:6443`]);
  daemons.push(startDaemon("forward-outside", [kubeall, "forward", `127.0.0.1:${port}`, socket], { folder }));
  const server = `https://127.0.0.1:${port}`;
  const kubeconfig = join(folder, "outside.kubeconfig");
  writeKubeconfig(kubeconfig, { server, folder, name: "admin" });
  const api = connectApi(server, folder);
  const get = (path: string) => api("GET", path).catch(() => ({ status: 0, body: {} }));
  await until("API server", async () => (await get("/readyz")).status === 200, { ms: stepMs, daemons });

  run("controller-manager", [kubeall, ...components.controllerManager(plane)]);
  run("scheduler", [kubeall, ...components.scheduler(plane)]);
  run("kubelet", kubeletCommand());
  run("proxy", [kubeall, "kube-proxy", "--config", join(folder, "proxy.yaml")]);
  run("coredns", [kubeall, "coredns", "-conf", join(folder, "Corefile")]);
  run("netpol", [kubeall, "netpol", "--kubeconfig", join(folder, "admin.kubeconfig")]);
  for (const { path, body } of settings.firstObjects) {
    const { status, body: answer } = await api("POST", path, body);
    if (status !== 201) throw new Error(`POST ${path}: ${status} ${JSON.stringify(answer)}`);
  }
  const isReady = async () => {
    const { body } = await get(`/api/v1/nodes/${settings.nodeName}`);
    const conditions: { type: string; status: string }[] = body.status?.conditions ?? [];
    return conditions.some(({ type, status }) => type === "Ready" && status === "True");
  };
  await until("Ready node", isReady, { ms: stepMs, daemons });
  const account = "/api/v1/namespaces/default/serviceaccounts/default";
  await until("default service account", async () => (await get(account)).status === 200, { ms: stepMs, daemons });
  console.log(JSON.stringify({ server, folder, kubeconfig, pid: namespaces.pid }));
};

let ending = false;
const end = async (code: number) => {
  if (ending) return;
  ending = true;
  await stop().catch((error: unknown) => console.error(error));
  process.exit(code);
};
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void end(0));
process.stdin.on("end", () => void end(0)).resume();
start().catch(async (error: unknown) => {
  if (!ending) console.error(error instanceof Error ? error.message : error);
  await end(1);
});
