/** The log of a process: JSON lines on standard error; never code, output, addresses or secrets; next: nats.ts. */
import pino from "pino";

export type Log = pino.Logger;

/** An error is shown under either name; without its other fields, which may hold whole answers of a server. */
const plain = (error: unknown) =>
  error instanceof Error ? { type: error.name, message: error.message, stack: error.stack, ...causeOf(error) } : error;
const causeOf = ({ cause }: Error) => (cause instanceof Error ? { cause: cause.message } : {});

/** `name` is the process (gateway, agent, …). Standard error, because a kernel's frames or a test may own standard output. */
export function makeLog(name: string, level: string, destination = pino.destination({ dest: 2, sync: false })): Log {
  return pino({ name, level, base: { name }, serializers: { error: plain, err: plain } }, destination);
}
