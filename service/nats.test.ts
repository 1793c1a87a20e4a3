/** The connection to NATS on the real server; next: ledger.ts. */
import { createServer } from "node:net";
import { makeLog } from "#service/log.ts";
import { connectNats } from "#service/nats.ts";
import { until } from "#test/agent.ts";
import { type NatsServer, startNatsServer } from "#test/nats-server.ts";

describe("a connection", () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNatsServer();
  });
  afterAll(() => server.stop());
  const connect = (name: string) => connectNats({ url: server.url, name, log: makeLog("test", "silent") });

  test("what is said together arrives in its order, and what was said last before it closes arrives too", async () => {
    const [speaker, listener] = [await connect("speaker"), await connect("listener")];
    const heard: string[] = [];
    const all = new Promise<void>((resolve) => {
      listener.subscribe("said", {
        callback: (_, message) => {
          heard.push(message.string());
          if (message.string() === "last") resolve();
        },
      });
    });
    await listener.flush();
    for (let n = 0; n < 100; n++) speaker.publish("said", String(n));
    speaker.publish("said", "last");
    await speaker.close();
    await all;
    expect(heard).toEqual([...Array.from({ length: 100 }, (_, n) => String(n)), "last"]);
    await listener.close();
  });
  test("goes on after a server that starts, or is too busy, has refused it again and again", async () => {
    const connection = await connect("refused");
    await server.kill();
    let refusals = 0;
    const busy = createServer((socket) => {
      const facts = { server_id: "busy", version: "2.15.1", max_payload: 1_000_000, auth_required: true };
      socket.on("error", () => undefined).write(`INFO ${JSON.stringify(facts)}\r\n`);
      socket.once("data", () => {
        refusals++;
        socket.end("-ERR 'Authentication Timeout'\r\n");
      });
    });
    busy.listen(server.port, "127.0.0.1");
    await until("three refusals", () => refusals >= 3);
    await new Promise((resolve) => busy.close(resolve));
    await server.start();
    const works = () =>
      connection.flush().then(
        () => true,
        () => false,
      );
    await until("it works again", works);
    await connection.close();
  });
});
