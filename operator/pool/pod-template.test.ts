/** The pod of a kernel as a whole: a review sees every change of it; next: pod-reading.test.ts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { kernelPoolSpec } from "#operator/kernel-pool.ts";
import { kernelPod, type PodInput } from "#operator/pool/pod-template.ts";

const buildInput = (spec: Parameters<typeof kernelPoolSpec.parse>[0] = {}): PodInput => ({
  id: `k${"0".repeat(25)}`,
  revision: "0123456789abcdef",
  pool: {
    name: "default",
    uid: "11111111-2222-3333-4444-555555555555",
    namespace: "kernels",
    spec: kernelPoolSpec.parse(spec),
  },
  installation: {
    agentImage: "sandcell/sandcell:0.1.0",
    natsUrl: "nats://nats:4222",
    serviceAccount: "kernel",
    logLevel: "info",
    hostAliases: [{ ip: "10.96.0.7", hostnames: ["nats"] }],
  },
});
const containers = (pod = kernelPod(buildInput())) => Object.fromEntries(pod.spec?.containers.map((it) => [it.name, it]) ?? []);

test("is this, to the last setting", () => {
  const golden = JSON.parse(readFileSync(join(import.meta.dirname, "pod-template.golden.json"), "utf8"));
  expect(JSON.parse(JSON.stringify(kernelPod(buildInput())))).toEqual(golden);
});
test("only the agent sees the token, and the token is for NATS alone", () => {
  const pod = kernelPod(buildInput());
  const mounts = (name: string) => containers(pod)[name]?.volumeMounts?.map((mount) => mount.name);
  expect(mounts("agent")).toContain("token");
  expect(mounts("kernel")).not.toContain("token");
  const token = pod.spec?.volumes?.find(({ name }) => name === "token");
  expect(token?.projected?.sources).toMatchObject([{ serviceAccountToken: { audience: "nats" } }]);
  expect(pod.spec?.automountServiceAccountToken).toBe(false);
});
test("everything has a limit, temporary files included", () => {
  const pod = kernelPod(buildInput());
  for (const { resources } of pod.spec?.containers ?? [])
    expect(Object.keys(resources?.limits ?? {}).sort()).toEqual(["cpu", "ephemeral-storage", "memory"]);
  for (const { projected, emptyDir } of pod.spec?.volumes ?? []) expect(projected ?? emptyDir?.sizeLimit).toBeDefined();
});
test("a leaving kernel is given the longest time limit, its uploads and ten seconds", () => {
  const pod = kernelPod(buildInput({ times: { computationMs: 120_000 } }));
  expect(pod.spec?.terminationGracePeriodSeconds).toBe(160);
});
test("a pool cannot take a label of ours for its own", () => {
  const input = buildInput({ template: { labels: { team: "algebra" } } });
  input.pool.spec.template.labels["sandcell.dev/pool"] = "other";
  expect(kernelPod(input).metadata?.labels).toMatchObject({ team: "algebra", "sandcell.dev/pool": "default" });
});
test("without a sandbox it says no runtime class", () => {
  const pod = kernelPod(buildInput({ template: { runtimeClassName: "", unsafeWithoutSandbox: true } }));
  expect(pod.spec).not.toHaveProperty("runtimeClassName");
});
test("with isolation sandbox its agent takes one computation only", () => {
  const { agent } = containers(kernelPod(buildInput({ isolation: "sandbox" })));
  expect(agent?.env).toContainEqual({ name: "SANDCELL_COMPUTATIONS_MAX", value: "1" });
});
test("Ready means warm: a probe looks for what the agent makes, until it is there once, and longer than a start may take", () => {
  const { agent } = containers(kernelPod(buildInput({ times: { startMs: 60_000 } })));
  const { exec, periodSeconds = 0, failureThreshold = 0 } = agent?.startupProbe ?? {};
  const warmFile = exec?.command?.at(-1);
  expect(agent?.env).toContainEqual({ name: "SANDCELL_WARM_FILE", value: warmFile });
  expect(agent?.volumeMounts?.some(({ mountPath }) => warmFile?.startsWith(`${mountPath}/`))).toBe(true);
  expect(periodSeconds * failureThreshold).toBeGreaterThan(60);
  for (const container of kernelPod(buildInput()).spec?.containers ?? []) {
    expect(container.readinessProbe).toBeUndefined();
    expect(container.livenessProbe).toBeUndefined();
  }
});
