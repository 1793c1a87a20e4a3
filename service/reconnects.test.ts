/** Questions across an outage of the real nats-server; next: ledger.test.ts. */
import { makeLog } from "#service/log.ts";
import { connectNats } from "#service/nats.ts";
import { Reconnects, Unanswered } from "#service/reconnects.ts";
import { until } from "#test/agent.ts";
import { type NatsServer, startNatsServer } from "#test/nats-server.ts";

describe("a question", () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNatsServer();
  });
  afterAll(() => server.stop());

  test("of before or amid an outage is unanswered as soon as it is over, and one of afterwards has its answer", async () => {
    const nats = await connectNats({ url: server.url, name: "test", log: makeLog("test", "silent") });
    const reconnects = new Reconnects(nats);
    const never = () => reconnects.answer(() => new Promise(() => undefined));
    const before = never();
    await server.kill();
    await until("it is noticed", () => !reconnects.connected);
    const amid = never();
    const unanswered = Promise.all([before, amid].map((one) => expect(one).rejects.toBeInstanceOf(Unanswered)));
    await server.start();
    await unanswered;
    expect(reconnects.connected).toBe(true);
    expect(await reconnects.answer(async () => "yes")).toBe("yes");
    await expect(reconnects.answer(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    await nats.close();
  });
});
