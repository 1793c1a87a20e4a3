/** Ends a destroyed kernel's connections to NATS, on every server: its node may be out of reach, its agent not; next: main.ts. */
import type { NatsConnection } from "@nats-io/transport-node";
import { z } from "zod";

const connections = z.object({
  server: z.object({ id: z.string() }),
  data: z.object({ connections: z.array(z.object({ cid: z.int(), authorized_user: z.string().optional() })).nullish() }),
});
const limits = { repliesMs: 300, kickMs: 1_000, attempts: 3 };

/** `system` is a connection in NATS' system account. Rejects when some are left after three attempts. */
export const connectionCutter =
  (system: NatsConnection, account: string) =>
  async (kernel: string): Promise<void> => {
    for (let attempt = 0; attempt < limits.attempts; attempt++) {
      const found = await connectionsOf(system, account, kernel);
      if (found.length === 0) return;
      await Promise.all(
        found.map(({ server, cid }) =>
          system.request(`$SYS.REQ.SERVER.${server}.KICK`, JSON.stringify({ cid }), { timeout: limits.kickMs }),
        ),
      );
    }
    throw new Error("its connections to NATS cannot be ended");
  };

const connectionsOf = async (system: NatsConnection, account: string, kernel: string) => {
  const question = JSON.stringify({ acc: account, user: kernel, auth: true });
  const replies = await system.requestMany("$SYS.REQ.SERVER.PING.CONNZ", question, {
    strategy: "timer",
    maxWait: limits.repliesMs,
  });
  const found: { server: string; cid: number }[] = [];
  for await (const reply of replies) {
    const { server, data } = connections.parse(reply.json());
    for (const { cid, authorized_user } of data.connections ?? [])
      if (authorized_user === kernel) found.push({ server: server.id, cid });
  }
  return found;
};
