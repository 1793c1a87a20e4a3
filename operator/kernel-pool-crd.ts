/** The KernelPool as Kubernetes knows it: its CustomResourceDefinition, made from the schema; next: pool/decide.ts. */
import { z } from "zod";
import { kernelPoolFields } from "#operator/kernel-pool.ts";
import { rules, transitionRules } from "#operator/kernel-pool-rules.ts";
import { poolName } from "#protocol/computation.ts";

export const group = "sandcell.dev";
export const version = "v1alpha1";
export const plural = "kernelpools";
export const kind = "KernelPool";

const count = (what: string) => z.int().nonnegative().describe(what);
const condition = z.object({
  type: z.enum(["Ready", "Progressing", "Degraded"]).describe("Ready, Progressing or Degraded."),
  status: z.enum(["True", "False", "Unknown"]).describe("Does it hold?"),
  reason: z.string().describe("Why, in one word (see docs/kernel-pool.md)."),
  message: z.string().describe("Why, in words."),
  lastTransitionTime: z.iso.datetime().describe("When status last changed."),
  observedGeneration: count("The generation of the pool that this speaks of."),
});

export const kernelPoolStatus = z.object({
  observedGeneration: count("The generation of the pool that this speaks of."),
  total: count("Kernels there are, leaving and dead ones included."),
  wanted: count(
    "Kernels wanted in stock now, by idleMin, schedules and the load: idle, busy and starting ones together.",
  ).default(0),
  starting: count("Kernels that are not warm yet."),
  idle: count("Kernels that could take a computation now."),
  busy: count("Kernels that run computations."),
  sessions: count("Kernels that a client keeps."),
  leaving: count("Kernels that finish and go."),
  dead: count("Kernels whose process is gone and whose pod is not yet."),
  updated: count("Kernels of the current revision."),
  revision: z.string().describe("What new kernels are made of, as a digest."),
  selector: z.string().describe("Labels that the pool's pods have."),
  conditions: z.array(condition).describe("How the pool does."),
});
export type KernelPoolStatus = z.infer<typeof kernelPoolStatus>;
export type PoolCondition = z.infer<typeof condition>;

type Schema = { [key: string]: unknown };
const isSchema = (value: unknown): value is Schema => typeof value === "object" && value !== null && !Array.isArray(value);

/** What a structural schema wants otherwise: integers have a format and no bound that only JavaScript knows, dates no pattern. */
const structural = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(structural);
  if (!isSchema(value)) return value;
  const entries = Object.entries(value)
    .filter(([key, of]) => of !== Number.MAX_SAFE_INTEGER && !(key === "pattern" && value["format"] === "date-time"))
    .map(([key, of]) => [key, structural(of)] as const);
  return { ...Object.fromEntries(entries), ...(value["type"] === "integer" ? { format: "int64" } : {}) };
};
export const openApiSchema = (schema: z.ZodType): Schema =>
  structural(z.toJSONSchema(schema, { io: "input", target: "openapi-3.0" })) as Schema;

const nameRule = {
  rule: `self.metadata.name.matches('${z.toJSONSchema(poolName).pattern}')`,
  message: "a pool's name is lower case letters, digits and hyphens, 63 at most",
};

/** Columns that an admin reads at a glance: name, type, path. */
export const printerColumns = [
  ["Wanted", "integer", ".status.wanted"],
  ["Idle", "integer", ".status.idle"],
  ["Busy", "integer", ".status.busy"],
  ["Total", "integer", ".status.total"],
  ["Updated", "integer", ".status.updated"],
  ["Revision", "string", ".status.revision"],
  ["Ready", "string", '.status.conditions[?(@.type=="Ready")].status'],
  ["Age", "date", ".metadata.creationTimestamp"],
] as const;

export const kernelPoolCrd = () => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    scope: "Namespaced",
    names: {
      kind,
      listKind: `${kind}List`,
      plural,
      singular: kind.toLowerCase(),
      shortNames: ["kp"],
      categories: ["sandcell"],
    },
    versions: [
      {
        name: version,
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: {
            specReplicasPath: ".spec.capacity.idleMin",
            statusReplicasPath: ".status.idle",
            labelSelectorPath: ".status.selector",
          },
        },
        additionalPrinterColumns: printerColumns.map(([name, type, jsonPath]) => ({ name, type, jsonPath })),
        schema: {
          openAPIV3Schema: {
            type: "object",
            description: "A pool of warm kernels: how many, and of what kind.",
            required: ["spec"],
            "x-kubernetes-validations": [nameRule],
            properties: {
              apiVersion: { type: "string" },
              kind: { type: "string" },
              metadata: { type: "object" },
              spec: {
                ...openApiSchema(kernelPoolFields),
                description: "What is wanted.",
                "x-kubernetes-validations": [...rules, ...transitionRules].map(({ path, cel, message }) => ({
                  rule: cel,
                  message,
                  fieldPath: `.${path.join(".")}`,
                })),
              },
              status: { ...openApiSchema(kernelPoolStatus), description: "What there is." },
            },
          },
        },
      },
    ],
  },
});
