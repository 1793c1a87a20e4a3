/** A real single-node Kubernetes for a test, gVisor and network policies included, in namespaces of its own without an uplink; next: node-process.ts. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Api, connectApi } from "#test/cluster/api.ts";
import { type Daemon, startDaemon, stopDaemons, until } from "#test/cluster/daemons.ts";
import { entering } from "#test/cluster/namespaces.ts";
import { kubernetesPath } from "#test/cluster/places.ts";
import { freePort } from "#test/nats-server.ts";

const readyMs = 300_000;
const forwardMs = 10_000;
const stopMs = 60_000;

export type KubernetesNode = {
  /** The path of an administrator's kubeconfig that works outside the node. */
  kubeconfig: string;
  api: Api;
  /** Carries an address of the cluster (HOST:PORT, of a Service or a pod) to a port on 127.0.0.1; resolves with that. */
  forward: (address: string) => Promise<number>;
  /** Put before a command, it runs in the node's namespaces and ends with them. */
  enter: readonly string[];
  /** Ends it: no process, mount, namespace, cgroup or file of it stays. */
  stop: () => Promise<void>;
};

const isListening = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });

/** Starts it: 4 to 10 s until the node is Ready. Its pods find the images of install/images.mjs, sandcell/NAME:test. */
export const startNode = async (): Promise<KubernetesNode> => {
  const child = spawn(process.execPath, [join(import.meta.dirname, "node-process.ts")], { stdio: ["pipe", "pipe", "inherit"] });
  const gone = once(child, "exit");
  const late = setTimeout(() => child.stdin.end(), readyMs);
  const lines = createInterface(child.stdout);
  const first = await Promise.race([once(lines, "line"), gone.then(() => undefined)]);
  clearTimeout(late);
  if (first === undefined) throw new Error("the node ended before it was ready; why is above");
  const { server, folder, kubeconfig, pid } = JSON.parse(first[0]);
  const forwarders: Daemon[] = [];
  return {
    kubeconfig,
    api: connectApi(server, folder),
    enter: entering(pid),
    forward: async (address) => {
      const [port, kubeall] = [await freePort(), join(kubernetesPath(), "kubeall")];
      const socket = join(folder, `forward-${port}.sock`);
      const inside = [...entering(pid), kubeall, "forward", socket, address];
      const outside = [kubeall, "forward", `127.0.0.1:${port}`, socket];
      const both = [inside, outside].map((command, side) => startDaemon(`forward-${port}-${side}`, command, { folder }));
      forwarders.push(...both);
      await until(`forwarder to ${address}`, async () => existsSync(socket) && (await isListening(port)), {
        ms: forwardMs,
        daemons: both,
      });
      return port;
    },
    stop: async () => {
      await stopDaemons(forwarders);
      const tooLong = setTimeout(() => child.kill("SIGKILL"), stopMs);
      child.stdin.end();
      await gone;
      clearTimeout(tooLong);
    },
  };
};
