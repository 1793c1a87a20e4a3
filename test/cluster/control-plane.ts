/** A real control plane for a test: etcd and the API server, on 127.0.0.1, of a folder that goes with it; next: node.ts. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Api, connectApi } from "#test/cluster/api.ts";
import { makeCertificates, writeKubeconfig } from "#test/cluster/certificates.ts";
import { apiServer, apiServerHosts, controllerManager, etcd, type Plane, scheduler } from "#test/cluster/components.ts";
import { type Daemon, killDaemon, ownFolder, startDaemon, stopDaemons, until } from "#test/cluster/daemons.ts";
import { kubernetesPath } from "#test/cluster/places.ts";
import { freePort } from "#test/nats-server.ts";

const readyMs = 120_000;

export type ControlPlane = {
  /** The path of an administrator's kubeconfig. */
  kubeconfig: string;
  api: Api;
  /** Killed, stopped for a while (SIGSTOP, SIGCONT), started again; `start` resolves when it answers. */
  apiServer: { kill: () => Promise<void>; signal: (signal: NodeJS.Signals) => void; start: () => Promise<void> };
  /** Ends all processes and removes all files. */
  stop: () => Promise<void>;
};

const freePorts = async (): Promise<Plane["ports"]> => {
  const [api, etcdClients, etcdPeer] = [await freePort(), await freePort(), await freePort()];
  return { api, etcd: etcdClients, etcdPeer, controllerManager: await freePort(), scheduler: await freePort() };
};

/**
 * Starts etcd and kube-apiserver (3 to 5 s). With `controllers` also kube-controller-manager and kube-scheduler: without them no service account
 * is made by itself, a quota does not bite, a deleted namespace stays, and nothing is scheduled. `first` is done before those start: of kinds that
 * are there by then they collect garbage at once, of later ones after half a minute.
 */
export const startControlPlane = async ({
  controllers = false,
  first = async (_: Api): Promise<void> => undefined,
} = {}): Promise<ControlPlane> => {
  const folder = ownFolder("control-plane");
  const address = "127.0.0.1";
  const plane: Plane = { folder, address, bindAddress: address, ports: await freePorts() };
  const server = `https://${address}:${plane.ports.api}`;
  const kubeconfig = join(folder, "admin.kubeconfig");
  makeCertificates(folder, [
    { name: "apiserver", user: "kube-apiserver", group: "test", hosts: apiServerHosts(address) },
    { name: "admin", user: "admin", group: "system:masters" },
  ]);
  writeKubeconfig(kubeconfig, { server, folder, name: "admin" });
  const api = connectApi(server, folder);
  const kubeall = join(kubernetesPath(), "kubeall");
  const start = (args: readonly string[]) => startDaemon(args[0] ?? "", [kubeall, ...args], { folder });
  // A single API server that is not asked by others by its Service needs no endpoints of its own.
  const startApiServer = () => start([...apiServer(plane), "--endpoint-reconciler-type", "none"]);
  const daemons = [start(etcd(plane)), startApiServer()];
  const stop = async () => {
    await stopDaemons(daemons);
    rmSync(folder, { recursive: true, force: true });
  };
  const answers = async (path: string) => (await api("GET", path).catch(() => ({ status: 0 }))).status === 200;
  const ready = () => until("API server", () => answers("/readyz"), { ms: readyMs, daemons });
  try {
    await ready();
    await first(api);
    if (controllers) {
      daemons.push(start(controllerManager(plane)), start(scheduler(plane)));
      const account = "/api/v1/namespaces/default/serviceaccounts/default";
      await until("default service account", () => answers(account), { ms: readyMs, daemons });
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const own = {
    kill: () => killDaemon(daemons[1] as Daemon),
    signal: (signal: NodeJS.Signals) => void daemons[1]?.process.kill(signal),
    start: async () => {
      daemons[1] = startApiServer();
      await ready();
    },
  };
  return { kubeconfig, api, apiServer: own, stop };
};
