/** Starts nats-server again when it cannot store any more: after a write error it stays so, even where its disk has room again; next: programs.ts. */
import { statfsSync } from "node:fs";
import type { NatsConnection } from "@nats-io/transport-node";

export type LedgerWatchInput = {
  /** Of the system account: its server answers about itself there only. */
  nats: NatsConnection;
  /** Where nats-server stores. */
  path: string;
  restart: () => void;
  tell: (line: string) => void;
};

const subject = "$SYS.REQ.SERVER.PING.HEALTHZ";
const lookMs = 2_000;
const answerMsMax = 1_000;
/** Below it a server that is started again would fail again. */
const freeBytesMin = 64 * 1024 * 1024;
/** A server that was started again is given this long to be well. */
const restMs = 30_000;

/** Looks every two seconds. A server that does not answer is not ours to judge: whoever keeps it sees it die. */
export const watchLedger = ({ nats, path, restart, tell }: LedgerWatchInput): (() => void) => {
  let restUntil = 0;
  let looking = false;
  const look = async () => {
    if (looking || Date.now() < restUntil) return;
    looking = true;
    try {
      const answer = await nats.request(subject, "", { timeout: answerMsMax });
      const { data } = answer.json<{ data?: { status?: string; error?: string } }>();
      if (!data?.error || !roomy(path)) return;
      restUntil = Date.now() + restMs;
      tell(`nats-server is started again, because it stores nothing any more: ${data.error}`);
      restart();
    } catch {
      // it is away: started again by its keeper, or slow
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(look, lookMs);
  return () => clearInterval(timer);
};

const roomy = (path: string): boolean => {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize >= freeBytesMin;
};
