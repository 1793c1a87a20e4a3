/** What a gateway does now and then: after outages, for its share of the queue, for expiry, against floods; next: build.ts. */
import type { NatsConnection } from "@nats-io/transport-node";
import type { Archive } from "#database/archive.ts";
import type { Minutes } from "#database/minutes.ts";
import type { Permalinks } from "#database/permalinks.ts";
import type { Gateways } from "#gateway/adoption.ts";
import type { Archiver } from "#gateway/archiver.ts";
import type { Book } from "#gateway/book.ts";
import { DayKeeper } from "#gateway/day-keeper.ts";
import type { Waiting } from "#gateway/dispatch.ts";
import type { Files } from "#gateway/files.ts";
import type { FreeKernels } from "#gateway/free-kernels.ts";
import type { KernelLink } from "#gateway/kernel-link.ts";
import type { Lately } from "#gateway/lately.ts";
import type { LedgerRoom } from "#gateway/ledger-room.ts";
import type { FairQueue } from "#gateway/queue.ts";
import type { LedgerSessions } from "#gateway/sessions.ts";
import type { Transcripts } from "#gateway/transcript.ts";
import type { Log } from "#service/log.ts";

export type UpkeepParts = {
  nats: NatsConnection;
  gateways: Gateways;
  book: Book;
  kernels: FreeKernels;
  link: KernelLink;
  transcripts: Transcripts;
  queue: FairQueue<Waiting>;
  sessions: LedgerSessions;
  archive: Archive;
  archiver: Archiver;
  permalinks: Permalinks;
  files: Files;
  lately: Lately;
  minutes: Minutes;
  room: LedgerRoom;
  settings: { pool: string; queueMax: number; perClientMax: number; outputBytes: number };
  log: Log;
  now: () => number;
};

const sweepMs = 60_000;
const floodWindowMs = 10_000;
/** What an honest kernel can store in a window: several computations that each reach their output limit. */
const outputsMax = 16;

export function startUpkeep(parts: UpkeepParts): { stop: () => Promise<void> } {
  const { queue, gateways, kernels, lately, room, settings, now } = parts;
  void afterOutages(parts);
  const flood = watchFloods(parts);
  const day = new DayKeeper(parts);
  day.look();
  const share = setInterval(() => {
    const alive = gateways.alive(now());
    queue.limits = {
      waitingMax: Math.ceil(settings.queueMax / alive),
      perClientMax: Math.max(1, Math.ceil(settings.perClientMax / alive)),
    };
    const { waiting, others } = lineOf(parts);
    lately.sample(kernels.counts(settings.pool), waiting, { others, now: now() });
    day.look();
    void room.look();
  }, 1000);
  let sweeping: Promise<void> | undefined;
  const sweep = setInterval(() => {
    sweeping ??= sweepAll(parts).finally(() => {
      sweeping = undefined;
    });
  }, sweepMs);
  return {
    stop: async () => {
      for (const timer of [flood, share, sweep]) clearInterval(timer);
      await sweeping;
      await day.stop();
    },
  };
}

/** Who waits at all gateways together. */
export function lineOf({ queue, gateways, settings, now }: Pick<UpkeepParts, "queue" | "gateways" | "settings" | "now">) {
  const others = gateways.others(now());
  const waiting = others.reduce((sum, other) => sum + (other.waiting[settings.pool] ?? 0), queue.size);
  return { others, waiting };
}

/** What was said during an outage was not heard: nobody is blamed for silence, and the ledger is read again. */
async function afterOutages({ nats, archiver, kernels, gateways, transcripts, book, now, log }: UpkeepParts): Promise<void> {
  for await (const status of nats.status()) {
    if (status.type !== "reconnect") continue;
    kernels.forgive();
    gateways.listenAnew(now());
    try {
      await book.load((id) => archiver.left(id));
      await transcripts.catchUp();
    } catch (error) {
      log.error({ error }, "the ledger could not be read after an outage");
    }
  }
}

async function sweepAll({ sessions, archive, permalinks, minutes, files, log }: UpkeepParts): Promise<void> {
  try {
    await sessions.sweep();
    while ((await archive.expire((id) => files.remove(id))) === 100);
    while ((await permalinks.expire()) === 100);
    while ((await minutes.expire()) === 100);
  } catch (error) {
    log.error({ error }, "sweep failed; tried again in a minute");
  }
}

/** Counts what each kernel has the ledger store, and has a flooder destroyed. */
function watchFloods({ transcripts, link, kernels, settings, log }: UpkeepParts): NodeJS.Timeout {
  const bytesMax = outputsMax * settings.outputBytes;
  let bytesOf = new Map<string, number>();
  transcripts.onStored = (kernel, bytes) => {
    const before = bytesOf.get(kernel) ?? 0;
    bytesOf.set(kernel, before + bytes);
    if (before > bytesMax || before + bytes <= bytesMax) return;
    log.warn({ kernel, bytes: before + bytes }, "floods the ledger: condemned");
    kernels.forget(kernel);
    void link.condemn(settings.pool, { kernel, reason: "floods the ledger" });
  };
  return setInterval(() => {
    bytesOf = new Map();
  }, floodWindowMs);
}
