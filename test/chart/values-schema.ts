/** What the chart's values may be: `npm run docs` makes values.schema.json of it, so that helm refuses a typo; next: values-page.ts. */
import { z } from "zod";
import { filestoreSettings } from "#filestore/settings.ts";
import { gatewaySettings } from "#gateway/settings.ts";
import { kernelPoolSpec } from "#operator/kernel-pool.ts";
import { poolName } from "#protocol/computation.ts";

const name = z.string().regex(/^$|^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/);
const quantity = z.union([z.string().regex(/^[0-9.]+([EPTGMk]i?|m)?$/), z.number()]);
/** What nats-server understands as well as Kubernetes. */
const binarySize = z.string().regex(/^[0-9]+[MGT]i$/);
const texts = z.record(z.string(), z.string());
const resourceList = z.record(z.string(), quantity);
const resources = z.strictObject({ requests: resourceList.optional(), limits: resourceList.optional() });
const image = z.strictObject({ repository: z.string().min(1), tag: z.string() });
const pullPolicy = z.enum(["Always", "IfNotPresent", "Never"]);
const labelSelector = z.strictObject({
  matchLabels: texts.optional(),
  matchExpressions: z.array(z.looseObject({})).optional(),
});
const scheduling = {
  nodeSelector: texts,
  tolerations: z.array(
    z.strictObject({
      key: z.string().optional(),
      operator: z.enum(["Exists", "Equal"]).optional(),
      value: z.string().optional(),
      effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]).optional(),
      tolerationSeconds: z.int().optional(),
    }),
  ),
};

/** Settings of a process that may be given by name; those of `owned` the chart says itself. */
const settingsOf = (schema: z.ZodObject, owned: readonly string[]) => {
  const free = Object.entries(schema.shape).filter(([key]) => !owned.includes(key));
  // What a value is after parsing: a number, a text, or yes and no. A setting whose value is made of something else is given as text.
  const shown = (field: unknown) => {
    const { type } = z.toJSONSchema(field as z.ZodType, { io: "output", unrepresentable: "any" });
    if (type === "number" || type === "integer") return z.number();
    return type === "boolean" ? z.boolean() : z.string();
  };
  return z.strictObject(Object.fromEntries(free.map(([key, field]) => [key, shown(field).optional()])));
};

/** What the chart says itself. */
const common = ["logLevel", "exitWithParent"];
const ofGateway = [
  ...[...common, "host", "port", "framePort", "metricsPort", "frameOrigin", "trustProxy", "token", "pool", "ledgerReplicas"],
  ...["natsUrl", "natsCredentialFile", "databaseUrl", "filestoreUrl", "filestoreSecret", "identitySecret", "gvisor"],
];
const ofFilestore = [
  ...common,
  ...["filestoreHost", "filestorePort", "filestoreMetricsPort", "filestoreBlobs", "filestoreSecret"],
];

export const chartValues = z.strictObject({
  /** Helm's own, for charts that have this one inside. */
  global: z.looseObject({}).optional(),
  image: image.extend({ pullPolicy }),
  kernelImage: image,
  imagePullSecrets: z.array(name),
  listenAddress: z.enum(["0.0.0.0", "::"]),
  logLevel: z.enum(["fatal", "error", "warn", "info", "debug", "trace"]),
  secrets: z.strictObject({ existing: name }),
  database: z.strictObject({
    kind: z.enum(["sqlite", "mongodb"]),
    url: z.string().regex(/^$|^mongodb(\+srv)?:\/\/.+$/),
    size: quantity,
    storageClassName: name,
  }),
  gateway: z.strictObject({
    replicas: z.int().min(1),
    token: z.string().regex(/^$|^.{16,}$/),
    frameOrigin: z.string().regex(/^$|^https?:\/\/[^/]+$/),
    trustProxy: z.string(),
    pool: poolName,
    settings: settingsOf(gatewaySettings, ofGateway),
    resources,
    autoscaling: z.strictObject({
      enabled: z.boolean(),
      min: z.int().min(1),
      max: z.int().min(1),
      cpuPercent: z.int().min(1),
    }),
    ...scheduling,
  }),
  service: z.strictObject({
    type: z.enum(["ClusterIP", "NodePort", "LoadBalancer"]),
    port: z.int().min(1).max(65535),
    framePort: z.int().min(1).max(65535),
    annotations: texts,
  }),
  ingress: z.strictObject({
    enabled: z.boolean(),
    className: name,
    host: name,
    frameHost: name,
    tlsSecretName: name,
    annotations: texts,
  }),
  operator: z.strictObject({ replicas: z.int().min(1), resources, ...scheduling }),
  filestore: z.strictObject({
    store: z.enum(["volume", "mongodb"]),
    size: quantity,
    storageClassName: name,
    settings: settingsOf(filestoreSettings, ofFilestore),
    resources,
    ...scheduling,
  }),
  nats: z.strictObject({
    bundled: z.boolean(),
    address: z.string().regex(/^$|^[^\s,:@]+:\d+(,[^\s,:@]+:\d+)*$/),
    cidrs: z.array(z.string().regex(/^[0-9a-f.:]+\/\d{1,3}$/)),
    systemUser: z.boolean(),
    image: z.string().min(1),
    replicas: z.literal([1, 3, 5]),
    ledgerReplicas: z.literal([1, 3, 5]),
    size: binarySize,
    jetstreamMax: binarySize,
    storageClassName: name,
    resources,
    ...scheduling,
  }),
  kernelNamespace: z.strictObject({ name, create: z.boolean(), quota: resourceList }),
  runtimeClass: z.strictObject({
    create: z.boolean(),
    name: name.min(1),
    handler: name.min(1),
    overhead: resourceList,
    ...scheduling,
  }),
  definition: z.strictObject({ upgrade: z.boolean() }),
  pools: z.record(poolName, kernelPoolSpec),
  admissionPolicy: z.strictObject({ enabled: z.boolean() }),
  networkPolicy: z.strictObject({ enabled: z.boolean(), metricsFrom: z.array(labelSelector) }),
  prepull: z.strictObject({ enabled: z.boolean() }),
  placeholders: z.strictObject({ replicas: z.int().min(0), resources: resourceList }),
  metrics: z.strictObject({
    annotations: z.boolean(),
    prometheusOperator: z.boolean(),
    labels: texts,
    dashboard: z.boolean(),
  }),
});

/** Fields that are not named are refused, in pools too: the API server would only drop them. */
const closed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== "object" || value === null) return value;
  const inside = Object.fromEntries(Object.entries(value).map(([key, of]) => [key, closed(of)]));
  return "properties" in value && !("additionalProperties" in value) ? { ...inside, additionalProperties: false } : inside;
};

export const valuesSchema = (): string =>
  `${JSON.stringify(closed(z.toJSONSchema(chartValues, { io: "input", target: "draft-7" })), null, 2)}\n`;
