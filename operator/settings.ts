/** The settings of an operator; next: main.ts. */
import { hostname } from "node:os";
import { z } from "zod";
import { issuerSecret } from "#operator/nats-issuer.ts";
import { commonSettings } from "#service/settings.ts";

const name = z.string().min(1);
const names = z
  .string()
  .default("")
  .transform((text) => text.split(",").flatMap((part) => part.trim() || []));

export const operatorSettings = z.object({
  ...commonSettings,
  host: z.string().default("127.0.0.1").describe("address to listen on"),
  operatorMetricsPort: z.coerce.number().int().min(0).max(65535).default(9092).describe("port of /metrics"),
  natsUrl: z.string().describe("address of NATS, with the operator's name and password"),
  natsSystemUrl: z
    .string()
    .optional()
    .describe(
      "address of NATS with a user of the system account: with it connections of destroyed kernels are ended, also where their node is out of reach",
    ),
  natsAccount: name.default("SANDCELL").describe("the account of NATS that kernels and gateways share"),
  natsIssuerSecret: issuerSecret,
  kernelNatsUrl: z.string().describe("address of NATS as kernels' agents reach it, without a password"),
  kernelHosts: names.describe(
    "host names, with commas, that agents must reach beside NATS, the filestore's above all: kernels ask no name server, so their pods are told the addresses",
  ),
  kernelNamespace: name.describe("the namespace of the pools and their kernels"),
  kernelServiceAccount: name.default("kernel").describe("the service account of kernels' pods, without any right"),
  agentImage: name.describe("the image of the agent beside each kernel: this one, usually"),
  kubeconfig: z.string().optional().describe("a kubeconfig file; by default the pod's own service account"),
  leaseNamespace: name.describe("the namespace of the Lease that decides which operator works"),
  leaseName: name.default("sandcell-operator").describe("the name of that Lease"),
  identity: name.default(hostname()).describe("what this operator is called in the Lease; every operator another"),
});
export type OperatorSettings = z.infer<typeof operatorSettings>;
