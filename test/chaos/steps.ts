/** Tells when a computation reaches a step, by listening to NATS and looking at the filestore's folder; next: faults.ts. */
import { watch } from "node:fs";
import { join } from "node:path";
import { computationRecord } from "#protocol/computation.ts";
import { kernelOf, lastToken } from "#protocol/subjects.ts";
import { makeLog } from "#service/log.ts";
import { connectNats } from "#service/nats.ts";
import type { Step } from "#test/chaos/matrix.ts";

/** What is known of the computation by then: before it is assigned, no kernel. */
export type Reached = { id?: string; kernel?: string };
export type Steps = {
  /** Of the computation whose code holds `word`; `lastWord` is what it says last. */
  reached: (step: Step, word: string, lastWord: string) => Promise<Reached>;
  close: () => Promise<void>;
};

/** What one listener has seen of the one it waits for. */
type Seen = Reached & { word: string; lastWord: string; saidLast: boolean; tell: (step: Step) => void };

export const openSteps = async (where: { natsUrl: string; natsCredentialFile: string; dataPath: string }): Promise<Steps> => {
  const nats = await connectNats({
    url: where.natsUrl,
    credentialFile: where.natsCredentialFile,
    name: "steps",
    log: makeLog("steps", "silent"),
  });
  const listeners = new Set<Seen>();
  const hear = (subject: string, heard: (subject: string, text: string) => void) =>
    nats.subscribe(subject, { callback: (_, message) => heard(message.subject, message.string()) });

  hear("computation.*", (subject, text) => {
    const { success, data } = computationRecord.safeParse(JSON.parse(text));
    if (!success) return;
    for (const seen of listeners) {
      if (data.step === "request" && text.includes(seen.word)) {
        seen.id = lastToken(subject);
        seen.tell("after the request");
      }
      if (seen.id !== lastToken(subject)) continue;
      if (data.step === "assigned") {
        seen.kernel = data.kernel;
        seen.tell("after assigned");
      }
      if (data.step === "outcome") seen.tell("during archive");
    }
  });
  hear("kernel.*.reply.>", (subject, text) => {
    for (const seen of listeners)
      if (seen.kernel === kernelOf(subject) && text.includes('"accepted"')) seen.tell("after accepted");
  });
  hear("kernel.*.out.*", (subject, text) => {
    for (const seen of listeners) {
      if (seen.id !== lastToken(subject)) continue;
      if (text.includes("line 5")) seen.tell("mid-output");
      if (!text.includes(seen.lastWord)) continue;
      seen.saidLast = true;
      seen.tell("after the last output");
    }
  });
  await nats.flush();
  const uploads = watch(join(where.dataPath, "files", ".sandcell-uploads"), () => {
    for (const seen of listeners) if (seen.saidLast) seen.tell("during upload");
  });
  return {
    reached: (wanted, word, lastWord) =>
      new Promise((resolve) => {
        const seen: Seen = {
          word,
          lastWord,
          saidLast: false,
          tell: (step) => {
            if (step !== wanted || !listeners.delete(seen)) return;
            resolve({ ...(seen.id && { id: seen.id }), ...(seen.kernel && { kernel: seen.kernel }) });
          },
        };
        listeners.add(seen);
        seen.tell("before the request");
      }),
    close: async () => {
      uploads.close();
      await nats.close();
    },
  };
};
