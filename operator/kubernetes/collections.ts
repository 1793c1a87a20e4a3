/** The two kinds that an operator follows, pods of kernels and KernelPools, where a pool's status is written and what a pool is; next: connection.ts. */
import { PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { group, type KernelPoolStatus, plural, version } from "#operator/kernel-pool-crd.ts";
import type { Connection } from "#operator/kubernetes/connection.ts";
import { Informer } from "#operator/kubernetes/informer.ts";
import { type KernelPod, readPod } from "#operator/pool/pod-reading.ts";
import { kernelSelector } from "#operator/pool/pod-template.ts";
import { type PoolResource, readPool } from "#operator/pool-resource.ts";
import type { Log } from "#service/log.ts";

type Where = { connection: Connection; namespace: string; listed: () => void; log: Log };

/** `changed` gets the name of the pool that a pod belongs to. */
export const kernelPods = ({ connection: { config, core }, namespace, listed, log }: Where, changed: (pool: string) => void) =>
  new Informer<KernelPod>({
    config,
    path: `/api/v1/namespaces/${namespace}/pods`,
    labelSelector: kernelSelector,
    list: (page) => core.listNamespacedPod({ namespace, ...page }),
    read: (object) => readPod(object as Parameters<typeof readPod>[0]),
    changed: ({ pool }) => changed(pool),
    listed,
    log,
  });

export const kernelPools = (
  { connection: { config, custom }, namespace, listed, log }: Where,
  changed: (pool: string) => void,
) =>
  new Informer<PoolResource>({
    config,
    path: `/apis/${group}/${version}/namespaces/${namespace}/${plural}`,
    list: (page) => custom.listNamespacedCustomObject({ group, version, namespace, plural, ...page }),
    read: readPool,
    changed: ({ id }) => changed(id),
    listed,
    log,
  });

/** As it is here, whoever wrote it before: the definition is the operator's to say. */
export const applyDefinition = async (
  { definitions }: Pick<Connection, "definitions">,
  body: { metadata: { name: string } },
): Promise<void> => {
  const apply = setHeaderOptions("Content-Type", PatchStrategy.ServerSideApply);
  const { name } = body.metadata;
  await definitions.patchCustomResourceDefinition({ name, body, fieldManager: `${group}/operator`, force: true }, apply);
};

/** Only our fields are sent, and nobody else's are touched. */
export const poolStatusWriter =
  ({ connection: { custom }, namespace }: Where) =>
  async (name: string, status: KernelPoolStatus): Promise<void> => {
    const where = { group, version, namespace, plural, name };
    const merge = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
    await custom.patchNamespacedCustomObjectStatus({ ...where, body: { status } }, merge);
  };
