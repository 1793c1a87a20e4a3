/** The log of a process: JSON lines on standard error; never code, output, addresses or secrets; next: nats.ts. */
import pino from "pino";

export type Log = pino.Logger;

/** `name` is the process (gateway, agent, …). Standard error, because a kernel's frames or a test may own standard output. */
export function makeLog(name: string, level: string): Log {
  return pino({ name, level, base: { name } }, pino.destination({ dest: 2, sync: false }));
}
