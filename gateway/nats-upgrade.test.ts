/** NATS replaced server by server while it is used: three real servers, two gateways, agents around scripted kernels; next: core-deaths.test.ts. */
import { setTimeout as pause } from "node:timers/promises";
import { computationRecord } from "#protocol/computation.ts";
import { subjects } from "#protocol/subjects.ts";
import { Ledger } from "#service/ledger.ts";
import { ask, coreRigOn, idle, texts, toTheEnd } from "#test/core-rig.ts";
import { startNatsCluster } from "#test/nats-cluster.ts";

const servers = 3;
const agents = 3;
const everyMs = 150;
const replicas = { ledgerReplicas: servers };

const rig = coreRigOn(startNatsCluster);

describe("an upgrade of NATS, one server of three after the other,", () => {
  test("under load: every computation is accepted, runs once, and has its one outcome", async () => {
    const gateways = [await rig.startGateway(replicas), await rig.startGateway(replicas)];
    for (let n = 0; n < agents; n++) await rig.startAgent();
    for (const gateway of gateways) await idle(gateway, agents);
    await rig.server.current(rig.nats);

    let over = false;
    const finished: Promise<{ id: string; said: unknown[]; kind: string | undefined }>[] = [];
    const loading = (async () => {
      for (let n = 0; !over; n++, await pause(everyMs)) {
        const [one, other] = [gateways[n % 2], gateways[(n + 1) % 2]];
        if (!one || !other) throw new Error("no gateway");
        // Submitted at the one, read at the other.
        const run = async () => {
          const { view } = await one.core.computations.submit(ask([{ say: `${n}` }], { client: { id: `c${n % 7}` } }));
          const messages = await toTheEnd(other, view.id);
          return { id: view.id, said: texts(messages), kind: messages.outcome?.kind };
        };
        const running = run();
        running.catch(() => undefined); // told below
        finished.push(running);
      }
    })();
    for (let n = 0; n < servers; n++) {
      await rig.server.replace(n);
      await rig.server.current(rig.nats);
    }
    over = true;
    await loading;

    const all = await Promise.all(finished);
    expect(all.length).toBeGreaterThan(agents * servers);
    expect(all.map(({ said, kind }) => [said, kind])).toEqual(all.map((_, n) => [[`${n}`], "ok"]));
    const sizes = { computationsBytesMax: 2 ** 30, transcriptsBytesMax: 2 ** 32 };
    const ledger = await Ledger.open(rig.nats, { replicas: servers, ...sizes });
    for (const { id } of all) {
      const records = await ledger.records(subjects.computation(id), computationRecord);
      expect(records.filter(({ record }) => record.step === "outcome")).toHaveLength(1);
    }
  }, 120_000);
});
