/** Pods as tests see them: what the API server says, and their processes as the machine counts them; next: release.ts. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { KubernetesNode } from "#test/cluster/node.ts";
import { kubernetesPath } from "#test/cluster/places.ts";

const execMs = 60_000;
export const serviceNamespace = "sandcell";
export const kernelNamespace = "sandcell-kernels";

export type Pod = {
  metadata: { name: string; namespace: string; uid: string; labels: Record<string, string>; deletionTimestamp?: string };
  status: { podIP?: string; phase: string; conditions?: { type: string; status: string }[] };
};

const read = (path: string) => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it has ended
  }
};

/** All that run in the pod's cgroup, sandboxes included. */
export const processesOf = ({ metadata: { uid } }: Pod): { pid: number; command: string }[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && read(`/proc/${name}/cgroup`).includes(`/pod${uid}`))
    .map((name) => ({ pid: Number(name), command: read(`/proc/${name}/cmdline`).replaceAll("\0", " ") }));

/** SIGKILL to those of the pod whose command has the word in it. Throws when there is none. */
export const killIn = (pod: Pod, word: string): void => {
  const victims = processesOf(pod).filter(({ command }) => command.includes(word));
  if (victims.length === 0) throw new Error(`${pod.metadata.name} runs no ${word}`);
  for (const { pid } of victims) process.kill(pid, "SIGKILL");
};

export const podsOf = (node: KubernetesNode) => {
  const list = async (path: string): Promise<Pod[]> => (await node.api("GET", path)).body.items ?? [];
  return {
    all: () => list("/api/v1/pods"),
    kernels: () => list(`/api/v1/namespaces/${kernelNamespace}/pods`),
    /** Of gateway, operator, filestore or nats. */
    of: (component: string) =>
      list(`/api/v1/namespaces/${serviceNamespace}/pods?labelSelector=app.kubernetes.io/component=${component}`),
  };
};

/** Runs a command in a container as an administrator could, and resolves with what it wrote. */
export const execIn = async (
  node: KubernetesNode,
  { metadata: { name, namespace } }: Pod,
  container: string,
  command: readonly string[],
): Promise<string> => {
  const args = ["kubectl", "--kubeconfig", node.kubeconfig, "exec", "--namespace", namespace, name, "--container", container];
  const { stdout } = await promisify(execFile)(join(kubernetesPath(), "kubeall"), [...args, "--", ...command], {
    timeout: execMs,
  });
  return stdout;
};
