/** A KernelPool as the API server gives it, read into what a pass needs: PURE; next: pools.ts. */
import { z } from "zod";
import { type KernelPoolSpec, kernelPoolSpec } from "#operator/kernel-pool.ts";
import { type KernelPoolStatus, kernelPoolStatus } from "#operator/kernel-pool-crd.ts";

export type PoolResource = {
  /** Its name. */
  id: string;
  uid: string;
  generation: number;
  deleted: boolean;
  /** Or in words why it cannot be understood. */
  spec: KernelPoolSpec | string;
  /** What it says of itself, perhaps written by another operator. */
  status: KernelPoolStatus | undefined;
};

const resource = z.object({
  metadata: z.object({
    name: z.string(),
    uid: z.string(),
    generation: z.number().default(0),
    deletionTimestamp: z.unknown().optional(),
  }),
  spec: z.unknown().optional(),
  status: z.unknown().optional(),
});

/** undefined: nothing that could be named. */
export const readPool = (object: unknown): PoolResource | undefined => {
  const { data } = resource.safeParse(object);
  if (!data) return undefined;
  const { name, uid, generation, deletionTimestamp } = data.metadata;
  const spec = kernelPoolSpec.safeParse(data.spec ?? {});
  const words = () =>
    spec.error?.issues.map(({ path, message }) => `${["spec", ...path].join(".")}: ${message}`).join("; ") ?? "";
  return {
    id: name,
    uid,
    generation,
    deleted: deletionTimestamp !== undefined && deletionTimestamp !== null,
    spec: spec.success ? spec.data : words(),
    status: kernelPoolStatus.safeParse(data.status).data,
  };
};
