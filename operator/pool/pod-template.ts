/** The pod of a kernel, every security setting of it: PURE, and its test compares the whole; next: pod-reading.ts (the way back). */
import type { V1Container, V1HostAlias, V1Pod } from "@kubernetes/client-node";
import { type KernelPoolSpec, leaveMs } from "#operator/kernel-pool.ts";
import { group, kind, version } from "#operator/kernel-pool-crd.ts";
import { reservedPrefix } from "#operator/kernel-pool-rules.ts";
import { settingsEnvironment } from "#service/settings.ts";

export const poolLabel = `${reservedPrefix}pool`;
export const revisionLabel = `${reservedPrefix}revision`;
/** Every kernel's pod has it, whatever its pool: what the cleaner sweeps. */
export const kernelLabels = { "app.kubernetes.io/name": "sandcell", "app.kubernetes.io/component": "kernel" } as const;
export const kernelSelector = Object.entries(kernelLabels)
  .map(([name, value]) => `${name}=${value}`)
  .join(",");
export const poolSelector = (pool: string) => `${poolLabel}=${pool}`;

/** Whom a token is for: NATS alone, so the API server takes it from nobody. */
export const tokenAudience = "nats";

export type PodInput = {
  /** The kernel's id is the pod's name: random, so nobody can guess it. */
  id: string;
  revision: string;
  pool: { name: string; uid: string; namespace: string; spec: KernelPoolSpec };
  /** What is the same for every pool of an installation. */
  installation: {
    agentImage: string;
    /** NATS as agents reach it. */
    natsUrl: string;
    serviceAccount: string;
    logLevel: string;
    /** A kernel asks no name server, so the names that its agent needs come with it. */
    hostAliases: readonly V1HostAlias[];
  };
};

const agentUser = 2000;
const kernelUser = 65534;
// Abstract: gVisor shows a socket in a shared folder to the container that made it and to no other. A computation, in a network of its own, does not see it.
const socketPath = "@sandcell-kernel";
const tokenFolder = "/var/run/secrets/sandcell";
const tokenFile = "token";
/** The kubelet renews a token after four fifths of this; each reconnect reads it again. */
const tokenSeconds = 3600;
/** The agent holds one large file at a time on its way to the filestore. */
const spoolSize = "192Mi";
/** A backstop for what nobody should write: roots are read-only. */
const ephemeralStorage = "64Mi";
const agentResources = {
  requests: { cpu: "50m", memory: "384Mi", "ephemeral-storage": ephemeralStorage },
  limits: { cpu: "1", memory: "384Mi", "ephemeral-storage": ephemeralStorage },
};
/**
 * Ready means warm. A startup probe looks until it has seen the file once and then never again, so a warm kernel costs nothing: each look is a process in the
 * sandbox. The agent, which says in words what was late, gives up before the probe does.
 */
const warmFile = "/tmp/warm";
const warmProbe = ({ times }: KernelPoolSpec) => ({
  exec: { command: ["test", "-e", warmFile] },
  // No Sage is warm sooner.
  initialDelaySeconds: 5,
  periodSeconds: 3,
  // A look that a full node is slow with is no failure of the kernel's.
  timeoutSeconds: 20,
  failureThreshold: Math.ceil(times.startMs / 3000) + 20,
});
/** The pool replaces kernels long before; an agent that nobody replaces stops by itself. */
const outliveFactor = 2;

const walls = (user: number) => ({
  allowPrivilegeEscalation: false,
  privileged: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  runAsUser: user,
  runAsGroup: user,
  capabilities: { drop: ["ALL"] },
});
const inMemory = (name: string, sizeLimit: string) => ({ name, emptyDir: { medium: "Memory", sizeLimit } });
const milli = (cpus: number) => `${Math.round(cpus * 1000)}m`;

const agent = ({ id, pool: { name, spec }, installation }: PodInput): V1Container => {
  const { isolation, reuse, times } = spec;
  const environment = settingsEnvironment({
    kernel: id,
    pool: name,
    natsUrl: installation.natsUrl,
    natsTokenFile: `${tokenFolder}/${tokenFile}`,
    kernelSocket: socketPath,
    kernelStartSeconds: Math.ceil(times.startMs / 1000),
    spoolDirectory: "/tmp",
    warmFile,
    computationsMax: isolation === "sandbox" ? 1 : outliveFactor * reuse.computations,
    lifetimeMinutes: outliveFactor * reuse.minutes,
    logLevel: installation.logLevel,
  });
  return {
    name: "agent",
    image: installation.agentImage,
    imagePullPolicy: spec.template.imagePullPolicy,
    command: ["node", "--disable-warning=ExperimentalWarning", "agent/main.ts"],
    env: Object.entries(environment).map(([variable, value]) => ({ name: variable, value })),
    resources: agentResources,
    startupProbe: warmProbe(spec),
    securityContext: walls(agentUser),
    volumeMounts: [
      { name: "token", mountPath: tokenFolder, readOnly: true },
      { name: "spool", mountPath: "/tmp" },
    ],
  };
};

const kernel = ({ pool: { spec } }: PodInput): V1Container => {
  const { image, imagePullPolicy, resources } = spec.template;
  const memory = { memory: String(resources.memoryBytes), "ephemeral-storage": ephemeralStorage };
  return {
    name: "kernel",
    image,
    imagePullPolicy,
    // The image says how it starts; here only where its agent finds it.
    args: ["--socket", socketPath],
    resources: {
      requests: { cpu: milli(resources.cpusRequested), ...memory },
      limits: { cpu: milli(resources.cpus), ...memory },
    },
    securityContext: walls(kernelUser),
    volumeMounts: [{ name: "temporary", mountPath: "/tmp" }],
  };
};

export const kernelPod = (input: PodInput): V1Pod => {
  const { id, revision, pool, installation } = input;
  const { template } = pool.spec;
  const { nodeSelector, tolerations, priorityClassName } = template.scheduling;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: id,
      namespace: pool.namespace,
      labels: { ...template.labels, ...kernelLabels, [poolLabel]: pool.name, [revisionLabel]: revision },
      // A node may be emptied: a kernel that is asked to leave finishes first.
      annotations: { "cluster-autoscaler.kubernetes.io/safe-to-evict": "true" },
      // Whoever deletes the pool asks its kernels to leave, also while no operator runs.
      ownerReferences: [{ apiVersion: `${group}/${version}`, kind, name: pool.name, uid: pool.uid, controller: true }],
    },
    spec: {
      restartPolicy: "Never",
      terminationGracePeriodSeconds: Math.ceil(leaveMs(pool.spec) / 1000),
      ...(template.runtimeClassName === "" ? {} : { runtimeClassName: template.runtimeClassName }),
      serviceAccountName: installation.serviceAccount,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      shareProcessNamespace: false,
      // User code sees neither the kernel's name nor a name server.
      hostname: "kernel",
      dnsPolicy: "None",
      dnsConfig: { nameservers: ["127.0.0.1"] },
      hostAliases: [...installation.hostAliases],
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      nodeSelector,
      tolerations,
      imagePullSecrets: template.imagePullSecrets.map((name) => ({ name })),
      ...(priorityClassName === undefined ? {} : { priorityClassName }),
      containers: [agent(input), kernel(input)],
      volumes: [
        {
          name: "token",
          projected: {
            sources: [{ serviceAccountToken: { audience: tokenAudience, expirationSeconds: tokenSeconds, path: tokenFile } }],
          },
        },
        inMemory("spool", spoolSize),
        inMemory("temporary", String(template.resources.temporaryBytes)),
      ],
    },
  };
};
