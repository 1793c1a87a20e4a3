/** Two gateways that come to the end of one computation: real nats-server and ledger; next: session-kernels.ts. */
import type { NatsConnection } from "@nats-io/transport-node";
import { Book } from "#gateway/book.ts";
import { Changes } from "#gateway/changes.ts";
import { Endings, plain } from "#gateway/endings.ts";
import { FreeKernels } from "#gateway/free-kernels.ts";
import { KernelLink } from "#gateway/kernel-link.ts";
import { SessionKernels } from "#gateway/session-kernels.ts";
import { Transcripts } from "#gateway/transcript.ts";
import { computationRecord } from "#protocol/computation.ts";
import { subjects } from "#protocol/subjects.ts";
import { Ledger } from "#service/ledger.ts";
import { makeLog } from "#service/log.ts";
import { connectNats } from "#service/nats.ts";
import { computation, newId } from "#test/agent.ts";
import { type NatsServer, startNatsServer } from "#test/nats-server.ts";

const pool = "test";

describe("a computation whose kernel is gone", () => {
  let server: NatsServer;
  let nats: NatsConnection;
  let ledger: Ledger;
  beforeAll(async () => {
    server = await startNatsServer();
    nats = await connectNats({ url: server.url, name: "test", log: makeLog("test", "silent") });
    ledger = await Ledger.open(nats, { replicas: 1, computationsBytesMax: 64 << 20, transcriptsBytesMax: 64 << 20 });
  });
  afterAll(async () => {
    await nats.close();
    await server.stop();
  });

  const startGateway = (now = Date.now) => {
    const [gateway, changes] = [newId("g"), new Changes()];
    const [book, transcripts] = [new Book(ledger, changes), new Transcripts(nats, ledger, changes)];
    book.follow(nats);
    const sessionKernels = new SessionKernels(ledger, gateway, now);
    const parts = { gateway, book, changes, kernels: new FreeKernels(), link: new KernelLink(nats, gateway), sessionKernels };
    return { gateway, book, transcripts, endings: new Endings({ ...parts, now }) };
  };

  test("has one outcome, though two gateways have it destroyed and one of them hears of that later", async () => {
    const [one, other] = [startGateway(), startGateway()];
    const [asked, kernel, at] = [computation("1+1"), newId("k"), Date.now()];
    const by = { at, writer: one.gateway };
    const accepted = { pool, client: "x", bodyDigest: "", waitUntil: at + 1000, computation: asked };
    await one.book.append(asked.id, { step: "request", ...by, ...accepted }, 0);
    const requested = one.book.get(asked.id);
    await one.book.append(asked.id, { step: "assigned", ...by, kernel, notAfter: at, endBy: at }, requested?.sequence ?? 0);
    await nats.flush();
    const lose = async ({ book, transcripts, endings }: typeof one) => {
      const entry = book.get(asked.id);
      if (!entry) throw new Error("not heard of");
      const transcript = await transcripts.start({ kernel, id: asked.id }, { fresh: true });
      await endings.lose(entry, transcript, plain("lost", "Its kernel is gone."));
    };
    const answers: (() => void)[] = [];
    nats.subscribe(subjects.condemn(pool), {
      callback: (_error, message) => {
        answers.push(() => message.respond(JSON.stringify({ kernel, destroyed: true })));
        if (answers.length === 2) answers[0]?.();
      },
    });
    const [first, second] = [lose(one), lose(other)];
    await first;
    await nats.flush();
    answers[1]?.();
    await second;
    const records = await ledger.records(subjects.computation(asked.id), computationRecord);
    expect(records.map(({ record }) => record.step)).toEqual(["request", "assigned", "outcome"]);
  });

  test("is destroyed eight seconds after it was first asked to cancel, however often it is asked", async () => {
    let now = Date.now();
    const gateway = startGateway(() => now);
    const [asked, kernel, by] = [computation("1+1"), newId("k"), { at: now, writer: gateway.gateway }];
    const accepted = { pool, client: "x", bodyDigest: "", waitUntil: now + 1000, computation: asked };
    await gateway.book.append(asked.id, { step: "request", ...by, ...accepted }, 0);
    const requested = gateway.book.get(asked.id)?.sequence ?? 0;
    await gateway.book.append(asked.id, { step: "assigned", ...by, kernel, notAfter: now, endBy: now + 60_000 }, requested);
    nats.subscribe(subjects.condemn(pool), {
      callback: (_error, message) => void message.respond(JSON.stringify({ kernel, destroyed: true })),
    });
    const entry = gateway.book.get(asked.id);
    if (!entry) throw new Error("not heard of");
    gateway.endings.askToCancel(entry, kernel);
    now += 7_999;
    gateway.endings.askToCancel(entry, kernel);
    now += 2;
    await gateway.endings.watch(entry, await gateway.transcripts.start({ kernel, id: asked.id }, { fresh: true }));
    expect(gateway.book.get(asked.id)?.outcome?.outcome.kind).toBe("cancelled");
  });
});
