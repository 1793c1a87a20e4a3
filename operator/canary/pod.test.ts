/** The canary's pod beside a kernel's: the same walls, smaller, and no kernel to anybody; next: ../canary.cluster.test.ts. */
import { attempts, canaryPod } from "#operator/canary/pod.ts";
import { kernelPoolSpec } from "#operator/kernel-pool.ts";
import { readPod } from "#operator/pool/pod-reading.ts";
import { kernelPod, kernelSelector } from "#operator/pool/pod-template.ts";

const pool = { name: "default", uid: "u", namespace: "kernels", spec: kernelPoolSpec.parse({}) };
const installation = { agentImage: "a", natsUrl: "nats://n", serviceAccount: "kernel", logLevel: "info", hostAliases: [] };
const input = { pool, installation, node: "node1", places: { forbidden: [], needed: [] }, script: "pass" };
const kernel = kernelPod({ id: `k${"0".repeat(25)}`, revision: "r", pool, installation });

test.each(attempts)("has a kernel's security in everything ($walls)", (attempt) => {
  const pod = canaryPod({ ...input, attempt });
  const { containers, activeDeadlineSeconds, terminationGracePeriodSeconds, affinity, volumes, ...spec } = pod.spec;
  const { containers: theirs = [], terminationGracePeriodSeconds: _, volumes: kernelVolumes, ...same } = kernel.spec ?? {};
  expect(spec).toEqual(same);
  expect(containers.map(({ name, securityContext, volumeMounts }) => ({ name, securityContext, volumeMounts }))).toEqual(
    theirs.map(({ name, securityContext, volumeMounts }) => ({ name, securityContext, volumeMounts })),
  );
  expect(volumes?.map(({ name }) => name)).toEqual(kernelVolumes?.map(({ name }) => name));
  expect(activeDeadlineSeconds).toBeGreaterThan(0);
  expect(affinity?.nodeAffinity).toMatchObject({
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [{ values: ["node1"] }] }] },
  });
});
test("is counted neither by its pool nor by the cleaner, and goes with the pool", () => {
  const { metadata } = canaryPod({ ...input, attempt: attempts[0] });
  const labels = Object.entries(metadata.labels).map(([name, value]) => `${name}=${value}`);
  expect(kernelSelector.split(",").every((label) => labels.includes(label))).toBe(false);
  const seen = readPod({ metadata: { ...metadata, name: "canary-abcde", uid: "u1" } });
  expect([seen?.ours, seen?.poolUid]).toEqual([false, undefined]);
  expect(metadata.ownerReferences).toMatchObject([{ uid: "u" }]);
});
