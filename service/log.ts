/** The log of a process: JSON lines on standard error; never code, output, addresses or secrets; next: nats.ts. */
import pino from "pino";

export type Log = pino.Logger;

/** An error is shown under either name; without its other fields, which may hold whole answers of a server. */
const plain = (error: unknown) =>
  error instanceof Error ? { type: error.name, message: error.message, stack: error.stack, ...causeOf(error) } : error;
const causeOf = ({ cause }: Error) => (cause instanceof Error ? { cause: cause.message } : {});

/** What waits to be written while the disk takes nothing; beyond it lines are dropped. */
const waitingBytesMax = 1024 * 1024;

/** A file or its number. A full disk costs lines of the log, never the process that wrote them. */
export const logTo = (dest: number | string) => {
  const destination = pino.destination({ dest, sync: false, maxLength: waitingBytesMax });
  destination.on("error", () => undefined);
  return destination;
};

/** `name` is the process (gateway, agent, …). Standard error, because a kernel's frames or a test may own standard output. */
export function makeLog(name: string, level: string, destination = logTo(2)): Log {
  return pino({ name, level, base: { name }, serializers: { error: plain, err: plain } }, destination);
}
