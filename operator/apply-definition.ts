/**
 * Brings the cluster's definition of KernelPool to this release: helm installs definitions once and never again; next: kernel-pool-crd.ts.
 *
 *     node operator/apply-definition.ts      before an upgrade; needs the right to patch that one definition
 */
import { kernelPoolCrd } from "#operator/kernel-pool-crd.ts";
import { wordsOf } from "#operator/kubernetes/answers.ts";
import { applyDefinition } from "#operator/kubernetes/collections.ts";
import { connectKubernetes } from "#operator/kubernetes/connection.ts";
import { operatorSettings } from "#operator/settings.ts";
import { makeLog } from "#service/log.ts";
import { readSettings } from "#service/settings.ts";

const { kubeconfig, logLevel } = readSettings(operatorSettings.pick({ kubeconfig: true, logLevel: true }));
const log = makeLog("operator", logLevel);
const connection = await connectKubernetes(kubeconfig);
try {
  await applyDefinition(connection, kernelPoolCrd());
  log.info({ definition: kernelPoolCrd().metadata.name }, "the definition is this release's");
} catch (error) {
  log.fatal({ words: wordsOf(error) }, "the definition was not taken");
  process.exitCode = 1;
}
await connection.close();
