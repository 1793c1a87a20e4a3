/** What was promised holds on a cluster when processes and pods are killed under load; next: rollouts.ts. */
import { startLoad } from "#test/cluster/installed/load.ts";
import { killIn, type Pod } from "#test/cluster/installed/pods.ts";
import { eventually, longestWaitSeconds, type Release } from "#test/cluster/installed/release.ts";
import type { Audit } from "#test/end-to-end/ledger-audit.ts";
import { keepsWhatWasPromised, saying } from "#test/end-to-end/promises.ts";
import type { Finished, Visitor } from "#test/end-to-end/visitor.ts";

export const short = saying(4);
const everyMs = 350;
const leaseMs = 60_000;
export const lastsMsMax = longestWaitSeconds * 1000 + leaseMs;

/** Of each that came while something was broken; and lost is only what ran in a kernel of `killed`. */
export const keepAllPromises = async (
  { visitor, audit }: { visitor: Visitor; audit: Audit },
  all: readonly Finished[],
  killed: ReadonlySet<string> = new Set(),
): Promise<void> => {
  for (const finished of all) {
    await keepsWhatWasPromised({ visitor, audit, finished, whole: short.whole, lastsMsMax });
    const { kind, message } = finished.outcome;
    if (kind === "ok") continue;
    const kernel = await audit.kernelOf(finished.id);
    if (kind !== "lost" || !killed.has(kernel ?? "")) throw new Error(`${finished.id} at ${kernel}: ${kind}, ${message}`);
  }
};

export const kills = (release: () => Release, audit: () => Audit): void => {
  const one = async (component: string): Promise<Pod> => {
    const [pod] = await release().pods.of(component);
    if (!pod) throw new Error(`no ${component}`);
    return pod;
  };
  /** Kills amid the load, and lets as many as that was come and go afterwards. */
  const survives = async (kill: () => Promise<void>, killed: ReadonlySet<string> = new Set()) => {
    const { visitor } = release();
    const load = startLoad(visitor, { code: short.code, everyMs });
    await load.more(3);
    await kill();
    await load.more(8);
    const all = await load.stop();
    await keepAllPromises({ visitor, audit: audit() }, all, killed);
    return all.map(({ outcome }) => outcome.kind);
  };

  // A second may be starting.
  beforeAll(() => release().idle("default", 1), 300_000);

  test("the operator: nobody notices", async () => {
    const kinds = await survives(async () => killIn(await one("operator"), "operator/main.ts"));
    expect(new Set(kinds)).toEqual(new Set(["ok"]));
  });
  test("a gateway of two: the other goes on with what it had", async () => {
    const kinds = await survives(async () => killIn(await one("gateway"), "gateway/main.ts"));
    expect(new Set(kinds)).toEqual(new Set(["ok"]));
  });
  test("NATS: what was said meanwhile is said after it is back", async () => {
    const kinds = await survives(async () => killIn(await one("nats"), "nats-server"));
    expect(new Set(kinds)).toEqual(new Set(["ok"]));
  });
  test("all kernels: what ran in them is lost, what waits has others, and the pool is full again", async () => {
    const killed = new Set<string>();
    await survives(async () => {
      for (const pod of await release().pods.kernels()) {
        killed.add(pod.metadata.name);
        killIn(pod, "runsc-sandbox");
      }
    }, killed);
    expect(killed.size).toBeGreaterThan(0);
    await eventually("their pods are gone", async () =>
      (await release().pods.kernels()).every(({ metadata }) => !killed.has(metadata.name)),
    );
    await release().idle("default", 2);
  });
};
