/** Whose a projected token is: the API server's review, and the pod as it stands now; next: answers.ts. */

import { isNotFound } from "#operator/kubernetes/answers.ts";
import type { Connection } from "#operator/kubernetes/connection.ts";
import { destroySeconds } from "#operator/pool/kubernetes-kernels.ts";
import { readPod } from "#operator/pool/pod-reading.ts";
import { tokenAudience } from "#operator/pool/pod-template.ts";

const podName = "authentication.kubernetes.io/pod-name";
const podUid = "authentication.kubernetes.io/pod-uid";

export type TokenHolderInput = {
  connection: Pick<Connection, "authentication" | "core">;
  namespace: string;
  /** The service account of kernels' pods. */
  serviceAccount: string;
};

/** The kernel whose pod holds `token`; undefined for any other token. Rejects when the API server cannot be asked. */
export const tokenHolder =
  ({ connection: { authentication, core }, namespace, serviceAccount }: TokenHolderInput) =>
  async (token: string): Promise<{ kernel: string } | undefined> => {
    const body = { spec: { token, audiences: [tokenAudience] } };
    const { status } = await authentication.createTokenReview({ body });
    if (!status?.authenticated || !status.audiences?.includes(tokenAudience)) return undefined;
    if (status.user?.username !== `system:serviceaccount:${namespace}:${serviceAccount}`) return undefined;
    const [name] = status.user.extra?.[podName] ?? [];
    const [uid] = status.user.extra?.[podUid] ?? [];
    if (!name || !uid) return undefined;
    try {
      // Reviews are remembered for seconds: a pod that is gone, or told to end at once, is looked up itself.
      const pod = readPod(await core.readNamespacedPod({ namespace, name }));
      const destroyed = pod?.goneBy !== undefined && (pod.graceSeconds ?? 0) <= destroySeconds;
      return pod?.uid === uid && pod.ours && pod.pool !== "" && !destroyed ? { kernel: name } : undefined;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };
