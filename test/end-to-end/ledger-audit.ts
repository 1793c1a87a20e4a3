/** What really happened, read from the ledger behind everybody's back: how often something began and ended; next: kills.test.ts. */
import { setTimeout as pause } from "node:timers/promises";
import { jetstreamManager } from "@nats-io/jetstream";
import { type ComputationRecord, computationRecord } from "#protocol/computation.ts";
import { type TranscriptRecord, transcriptRecord } from "#protocol/messages.ts";
import { computationsStream, subjects, transcriptsStream } from "#protocol/subjects.ts";
import { isNotFound } from "#service/ledger.ts";
import { makeLog } from "#service/log.ts";
import { connectNats } from "#service/nats.ts";

const triesMax = 100;
const pauseMs = 100;

export type Audit = {
  records: (id: string) => Promise<ComputationRecord[]>;
  /** Of every kernel that ever said something about the computation. */
  said: (id: string) => Promise<{ kernel: string; record: TranscriptRecord }[]>;
  /** The last to which it was assigned; none while it waits. */
  kernelOf: (id: string) => Promise<string | undefined>;
  close: () => Promise<void>;
};

/** A connection of its own for each question would not survive a killed server better: this one reconnects. */
export const openAudit = async (where: { natsUrl: string; natsCredentialFile?: string }): Promise<Audit> => {
  const nats = await connectNats({
    url: where.natsUrl,
    credentialFile: where.natsCredentialFile,
    name: "audit",
    log: makeLog("audit", "silent"),
  });
  const jsm = await jetstreamManager(nats);
  const all = async (stream: string, subject: string) => {
    const found: { subject: string; json: unknown }[] = [];
    for (let seq = 1, failed = 0; ; ) {
      try {
        const batch = await jsm.direct.getBatch(stream, { seq, next_by_subj: subject, batch: 500 });
        let got = 0;
        for await (const message of batch) {
          found.push({ subject: message.subject, json: message.json() });
          seq = message.seq + 1;
          got++;
        }
        if (got < 500) return found;
      } catch (error) {
        if (isNotFound(error)) return found; // nothing (more) of that subject
        // The server may be what a test has broken: what was not read is not what is not there.
        if (++failed > triesMax) throw error;
        await pause(pauseMs);
      }
    }
  };
  const records = async (id: string) =>
    (await all(computationsStream, subjects.computation(id))).map(({ json }) => computationRecord.parse(json));
  return {
    records,
    kernelOf: async (id) => (await records(id)).flatMap((r) => (r.step === "assigned" ? r.kernel : [])).at(-1),
    said: async (id) =>
      (await all(transcriptsStream, subjects.out("*", id))).flatMap(({ subject, json }) =>
        [json].flat().map((record) => ({ kernel: subject.split(".")[1] ?? "", record: transcriptRecord.parse(record) })),
      ),
    close: () => nats.close(),
  };
};
