/** What an operator needs of a real cluster: the CRD, a namespace for kernels, a node that is played; next: callout-server.ts. */
import { kernelPoolCrd } from "#operator/kernel-pool-crd.ts";
import { type Connection, connectKubernetes } from "#operator/kubernetes/connection.ts";
import type { Answer, Api } from "#test/cluster/api.ts";
import { startControlPlane } from "#test/cluster/control-plane.ts";

export const namespace = "kernels";
export const podsPath = `/api/v1/namespaces/${namespace}/pods`;
export const poolsPath = `/apis/sandcell.dev/v1alpha1/namespaces/${namespace}/kernelpools`;
export const poolOf = (name: string, spec: object) => ({
  apiVersion: "sandcell.dev/v1alpha1",
  kind: "KernelPool",
  metadata: { name },
  spec,
});

/** Waits for what is wanted, 20 s at most unless told otherwise; says what it was waiting for. */
export const eventually = async <T>(what: string, look: () => Promise<T | undefined | false>, ms = 20_000): Promise<T> => {
  for (const giveUp = Date.now() + ms; ; ) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > giveUp) throw new Error(`not seen within ${ms / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

/** The control plane, with its controllers unless told otherwise, and the cluster's administrator. */
export const startOperatorRig = async ({ controllers = true } = {}) => {
  const makeBy =
    (api: Api) =>
    async (path: string, body: object): Promise<Answer["body"]> => {
      const { status, body: answer } = await api("POST", path, body);
      if (status !== 201) throw new Error(`${path}: ${status} ${JSON.stringify(answer)}`);
      return answer;
    };
  const plane = await startControlPlane({
    controllers,
    first: async (api) => {
      await makeBy(api)("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", kernelPoolCrd());
      await eventually("the CRD is served", async () => (await api("GET", poolsPath)).status === 200);
    },
  });
  const { api } = plane;
  const make = makeBy(api);
  const restricted = { "pod-security.kubernetes.io/enforce": "restricted" };
  await make("/api/v1/namespaces", { metadata: { name: namespace, labels: restricted } });
  await make(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: "kernel" } });
  const connection: Connection = await connectKubernetes(plane.kubeconfig);
  const stop = async () => {
    await connection.close();
    await plane.stop();
  };
  return { api, make, connection, kubeconfig: plane.kubeconfig, apiServer: plane.apiServer, stop };
};
export type OperatorRig = Awaited<ReturnType<typeof startOperatorRig>>;
