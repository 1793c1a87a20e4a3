/** Kernels that are taken away on purpose while they compute: a new template, an eviction; next: ../end-to-end.cluster.test.ts. */
import { keepAllPromises, short } from "#test/cluster/installed/kills.ts";
import { startLoad } from "#test/cluster/installed/load.ts";
import { kernelNamespace, type Pod } from "#test/cluster/installed/pods.ts";
import { eventually, type Release, type Values } from "#test/cluster/installed/release.ts";
import type { Audit } from "#test/end-to-end/ledger-audit.ts";
import { text } from "#test/end-to-end/visitor.ts";

const timeoutSeconds = 280;
/** Not too often: all kernels start meanwhile. */
const everyMs = 700;

/** To be called in a describe: what it gives holds kernels busy, and lets them go after each test. */
const holder = (release: () => Release, audit: () => Audit) => {
  const podOf = async (name: string) => (await release().pods.kernels()).find(({ metadata }) => metadata.name === name);
  const isAsked = async (name: string) => (await podOf(name))?.metadata.deletionTimestamp !== undefined;

  const holding: string[] = [];
  /** A test that failed leaves nothing that an uninstallation would wait for. */
  afterEach(async () => {
    for (const id of holding.splice(0)) await release().visitor.ask(`/v1/computations/${id}`, { method: "DELETE" });
  });

  /** A computation that ends when it is told to, and not before. */
  const hold = async () => {
    const { visitor } = release();
    const code = "print('goes on with', input())";
    const id = await visitor.submit({ code, language: "python", timeoutSeconds });
    let asks = () => {};
    const asked = new Promise<void>((resolve) => {
      asks = resolve;
    });
    const finished = visitor.finish(id, ({ msg_type }) => msg_type === "input_request" && asks());
    await Promise.race([asked, finished]);
    const kernel = (await audit().kernelOf(id)) ?? "";
    holding.push(id);
    return {
      kernel,
      letGo: async () => {
        const response = await visitor.ask(`/v1/computations/${id}/input`, { json: { value: "it" } });
        expect(response.status).toBe(204);
        return finished;
      },
    };
  };
  const finishesAndGoes = async ({ kernel, letGo }: Awaited<ReturnType<typeof hold>>) => {
    await eventually("it is asked to leave", () => isAsked(kernel));
    const finished = await letGo();
    expect([finished.outcome.kind, text(finished)]).toEqual(["ok", "goes on with it\n"]);
    await eventually("it is gone", async () => (await podOf(kernel)) === undefined);
  };
  return { podOf, isAsked, hold, finishesAndGoes };
};

export const evictions = (release: () => Release, audit: () => Audit): void => {
  const { hold, finishesAndGoes } = holder(release, audit);
  test("a busy kernel that is evicted finishes its computation, takes no more, and goes", async () => {
    const { node, visitor, idle } = release();
    await idle("default", 2);
    const held = await hold();
    const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: held.kernel, namespace: kernelNamespace } };
    const path = `/api/v1/namespaces/${kernelNamespace}/pods/${held.kernel}/eviction`;
    expect((await node.api("POST", path, eviction)).status).toBe(201);
    const others = [1, 2, 3].map(() => visitor.run({ code: short.code, language: "python" }));
    for (const other of await Promise.all(others)) {
      expect(other.outcome.kind).toBe("ok");
      expect(await audit().kernelOf(other.id)).not.toBe(held.kernel);
    }
    await finishesAndGoes(held);
  });
};

export const upgrades = (release: () => Release, audit: () => Audit, changed: () => Values): void => {
  const { podOf, isAsked, hold, finishesAndGoes } = holder(release, audit);
  test("an upgrade under load: gateways one by one, every kernel, idle ones first, a busy one when it has finished, and nothing is lost", async () => {
    const { visitor, pods, statusOf, upgrade } = release();
    await release().idle("default", 2);
    const before = (await statusOf("default"))?.revision;
    const old = (await pods.kernels()).map(({ metadata }) => metadata.name);
    const held = await hold();
    const load = startLoad(visitor, { code: short.code, everyMs });
    const gateways = (await pods.of("gateway")).map(({ metadata }) => metadata.uid);
    await load.more(1);
    const upgraded = upgrade(changed());
    upgraded.catch(() => undefined); // told below
    const idleOnes = old.filter((name) => name !== held.kernel);
    await eventually("the idle ones are asked first", async () => {
      const isHeldAsked = await isAsked(held.kernel);
      const pods = await Promise.all(idleOnes.map(podOf));
      const areAsked = pods.every((pod) => pod === undefined || pod.metadata.deletionTimestamp !== undefined);
      if (isHeldAsked) expect(areAsked).toBe(true);
      return areAsked;
    });
    await upgraded;
    await eventually("no gateway is an old one", async () =>
      (await pods.of("gateway")).every(({ metadata }) => !gateways.includes(metadata.uid)),
    );
    await finishesAndGoes(held);
    await eventually("all are new", async () => {
      const status = await statusOf("default");
      // Not how many are idle: the load goes on.
      return status?.revision !== before && status?.updated === status?.total && (status?.total ?? 0) >= 2;
    });
    const all = await load.stop();
    await keepAllPromises({ visitor, audit: audit() }, all);
    const isNew = ({ metadata }: Pod) => metadata.labels["generation"] === "two" && !old.includes(metadata.name);
    expect((await pods.kernels()).every(isNew)).toBe(true);
  });
};
