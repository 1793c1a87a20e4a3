/** Puts the core together: everything between HTTP and NATS, built once, started and stopped in order; next: main.ts. */
import type { NatsConnection } from "@nats-io/transport-node";
import { Archive } from "#database/archive.ts";
import type { Database } from "#database/documents.ts";
import { Minutes } from "#database/minutes.ts";
import { Permalinks } from "#database/permalinks.ts";
import { Gateways, startAdoption } from "#gateway/adoption.ts";
import { Archiver } from "#gateway/archiver.ts";
import { Book, type Entry } from "#gateway/book.ts";
import { Changes } from "#gateway/changes.ts";
import { LedgerComputations } from "#gateway/computations.ts";
import { Dispatch, type Waiting } from "#gateway/dispatch.ts";
import { Endings } from "#gateway/endings.ts";
import { Files } from "#gateway/files.ts";
import { FreeKernels } from "#gateway/free-kernels.ts";
import { randomId } from "#gateway/ids.ts";
import { KernelLink } from "#gateway/kernel-link.ts";
import { Lately } from "#gateway/lately.ts";
import { LedgerRoom } from "#gateway/ledger-room.ts";
import { FairQueue } from "#gateway/queue.ts";
import { Reading } from "#gateway/reading.ts";
import { SessionKernels } from "#gateway/session-kernels.ts";
import { LedgerSessions } from "#gateway/sessions.ts";
import type { GatewaySettings } from "#gateway/settings.ts";
import type { Traces } from "#gateway/traces.ts";
import { Transcripts } from "#gateway/transcript.ts";
import { lineOf, startUpkeep } from "#gateway/upkeep.ts";
import type { Limits } from "#protocol/computation.ts";
import type { FailureCode } from "#protocol/failures.ts";
import { Ledger } from "#service/ledger.ts";
import type { Log } from "#service/log.ts";
import type { Health } from "#service/metrics.ts";

export type CoreOptions = {
  settings: GatewaySettings;
  nats: NatsConnection;
  database: Database;
  /** Only where computations are traced. */
  traces?: Traces | undefined;
  log: Log;
  now: () => number;
};
export type Core = Awaited<ReturnType<typeof buildCore>>;

export async function buildCore({ settings, nats, database, traces, log, now }: CoreOptions) {
  const gateway = randomId("g");
  const ledger = await Ledger.open(nats, {
    replicas: settings.ledgerReplicas,
    computationsBytesMax: settings.computationsBytesMax,
    transcriptsBytesMax: settings.transcriptsBytesMax,
  });
  const archive = await Archive.open(database, { keepMs: settings.archiveKeepDays * 86_400_000, now });
  const permalinks = await Permalinks.open(database, { keepMs: settings.permalinkKeepDays * 86_400_000, now });
  const minutes = await Minutes.open(database, { pool: settings.pool, now });
  const changes = new Changes();
  const book = new Book(ledger, changes);
  const kernels = new FreeKernels(now);
  const link = new KernelLink(nats, gateway);
  const transcripts = new Transcripts(nats, ledger, changes);
  const sessionKernels = new SessionKernels(ledger, gateway, now);
  const files = new Files({ url: settings.filestoreUrl, secret: settings.filestoreSecret, now });
  const queue = new FairQueue<Waiting>({ waitingMax: settings.queueMax, perClientMax: settings.perClientMax });
  const room = new LedgerRoom(ledger, settings.outputBytes);
  const parts = { gateway, ledger, room, book, changes, kernels, link, sessionKernels, queue, transcripts, traces, log, now };
  const endings = new Endings(parts);
  const dispatch = new Dispatch({ ...parts, endings, grant: (entry) => files.grant(entry) });
  const position = (id: string) => queue.position(id);
  const reading = new Reading({ ...parts, archive, position });
  const rules = {
    pool: settings.pool,
    limits: limitsOf(settings),
    timeLimitSecondsMax: settings.timeLimitSecondsMax,
    waitMsMax: settings.waitSecondsMax * 1000,
    identitySecret: settings.identitySecret,
  };
  const grant = files.grant.bind(files);
  const computations = new LedgerComputations({ ...parts, endings, grant, dispatch, reading, files, rules });
  const timeLimitMsMax = settings.timeLimitSecondsMax * 1000;
  const sessions = new LedgerSessions({ ...parts, pool: settings.pool, timeLimitMsMax });
  const archiver = new Archiver({ ...parts, archive });
  const gateways = new Gateways(gateway, now());
  let leaving = false;
  let refusals = 0;
  const status = () => ({
    gateway,
    waiting: { [settings.pool]: queue.size },
    running: dispatch.running,
    refused: refusals,
    leaving,
  });
  const lately = new Lately(now());
  const conduct = (entry: Entry) => dispatch.conduct(entry);
  const finished: ((entry: Entry) => void)[] = [(entry) => archiver.finished(entry), (entry) => lately.finished(entry)];
  book.onFinished = (entry) => finished.forEach((listener) => void listener(entry));
  const conducts = (id: string) => dispatch.conducts(id);

  /** Follows the ledger and the kernels, knows what is open, then takes part. */
  async function start(): Promise<{ name: string; stop: () => Promise<void> }[]> {
    const follows = [kernels.follow(nats), link.follow(), transcripts.follow(), book.follow(nats), sessions.follow(nats)];
    await Promise.all([room.look(), book.load((id) => archiver.left(id))]);
    const adoption = startAdoption({ gateway, nats, gateways, book, status, conducts, conduct, now });
    const stores = { archive, permalinks, minutes };
    const upkeep = startUpkeep({ ...parts, ...stores, nats, archiver, gateways, lately, sessions, files, settings });
    archiver.start();
    return [
      {
        name: "adoption",
        stop: async () => {
          leaving = true;
          adoption.stop();
        },
      },
      { name: "upkeep", stop: () => upkeep.stop() },
      { name: "archiver", stop: () => archiver.stop() },
      { name: "follows", stop: async () => follows.forEach((follow) => void follow.stop()) },
    ];
  }

  function health(): Health {
    const reasons: string[] = [];
    if (leaving) reasons.push("stopping");
    if (nats.isClosed()) reasons.push("not connected to NATS");
    const counts = kernels.counts(settings.pool);
    if (counts.idle + counts.busy + counts.sessions === 0) reasons.push("no kernel is there yet");
    return { ready: reasons.length === 0, reasons };
  }

  const refused: ((code: FailureCode) => void)[] = [];
  computations.onRefused = (code) => {
    // Only for want of room is it the service that refuses; the rest are mistakes of who asks.
    if (["full", "tooMany", "unavailable", "internal"].includes(code)) {
      refusals += 1;
      lately.refused(now());
    }
    for (const listener of refused) listener(code);
  };
  const onRefused = (listener: (code: FailureCode) => void) => void refused.push(listener);
  const onFinished = (listener: (entry: Entry) => void) => void finished.push(listener);
  return {
    gateway,
    onFinished,
    onRefused,
    room,
    computations,
    sessions,
    files,
    permalinks,
    start,
    health,
    status: () => {
      const { waiting } = lineOf({ queue, gateways, settings, now });
      const seen = { ...kernels.counts(settings.pool), waiting };
      return lately.status(seen, { gateways: gateways.alive(now()), open: book.all(), at: now() });
    },
    kernels,
    queue,
    dispatch,
    archiver,
    book,
    transcripts,
    rules,
  };
}

function limitsOf(settings: GatewaySettings): Limits {
  const { cpuSeconds, addressSpaceBytes, processes, fileBytes, workspaceBytes, workspaceFiles } = settings;
  const { outputBytes, outputMessages, uploadFiles, uploadBytes } = settings;
  return {
    wallMs: settings.timeLimitSeconds * 1000,
    cpuSeconds,
    addressSpaceBytes,
    processes,
    fileBytes,
    workspaceBytes,
    workspaceFiles,
    outputBytes,
    outputMessages,
    uploadFiles,
    uploadBytes,
  };
}
