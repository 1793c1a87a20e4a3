/** The connection to NATS on the real server; next: ledger.ts. */
import { makeLog } from "#service/log.ts";
import { connectNats } from "#service/nats.ts";
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
});
