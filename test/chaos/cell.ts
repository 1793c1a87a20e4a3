/** One cell of the kill matrix: a computation under load, a fault at one of its steps, and what was promised; next: main.ts (all of it), suite.ts (in short). */

import { setTimeout as pause } from "node:timers/promises";
import { places } from "#standalone/testing/places.ts";
import { breakPart } from "#test/chaos/faults.ts";
import { allowed, type Cell } from "#test/chaos/matrix.ts";
import { openSteps, type Steps } from "#test/chaos/steps.ts";
import { type Audit, openAudit } from "#test/end-to-end/ledger-audit.ts";
import { type LiveSystem, startLiveSystem } from "#test/end-to-end/live-system.ts";
import { type Finished, text, Visitor } from "#test/end-to-end/visitor.ts";
import { type Chance, chance } from "#test/simulation/random.ts";

export type Rig = {
  system: LiveSystem;
  runscPath: string;
  visitor: Visitor;
  audit: Audit;
  steps: Steps;
  close: () => Promise<string[]>;
};
/** `tookMs`: from the fault to the outcome. */
export type Told = { outcome: string; tookMs: number; broken: string[] };

const limitSeconds = 60;
/** Beyond the time limit and the fault: how long a computation may be without its outcome. */
const leaseMs = 20_000;
const lines = 20;
const everyLine = Array.from({ length: lines }, (_, i) => `line ${i}\n`).join("");
/** Around the one that is aimed at: as many that run or wait all the time. */
const others = 3;

/** Says once that it begins, in one write, with a word that nobody can guess: who finds two of them found two executions. */
const begun = "import os, time\nprint('begun ' + os.urandom(8).hex(), flush=True)\n";
const aimedAt = (word: string, lastWord: string) => `# ${word}
${begun}for i in range(${lines}):
    print('line', i, flush=True)
    time.sleep(0.03)
open('made.bin', 'wb').write(os.urandom(3 << 20))
print('${lastWord}', flush=True)
`;
const small = (n: number) => `${begun}time.sleep(${(n % 4) / 10})\nprint('small', ${n})\n`;

export const openRig = async (): Promise<Rig> => {
  const system = await startLiveSystem({ kernels: 2, kernelsMax: 3, gateways: 2 });
  const audit = await openAudit(system);
  const steps = await openSteps(system);
  const close = async () => {
    await steps.close();
    await audit.close();
    return system.end();
  };
  return {
    system,
    runscPath: places().runscPath,
    visitor: new Visitor(() => system.urls),
    audit,
    steps,
    close,
  };
};

/** Runs it, and says in words every promise that did not hold. `heldMs`: how long it stays stopped or cut off. */
export const runCell = async (rig: Rig, cell: Cell, heldMs: number): Promise<Told> => {
  const dice = chance(cell.seed);
  const load = keepBusy(rig, dice);
  try {
    const { aimed, whole, tookMs } = await runAimed(rig, { cell, dice, heldMs });
    const broken = await brokenPromises(rig, aimed, heldMs, whole);
    if (!allowed(cell).includes(aimed.outcome.kind)) broken.push(`it ended ${aimed.outcome.kind}: ${aimed.outcome.message}`);
    broken.push(...(await load.end({ heldMs, kinds: allowed({ ...cell, step: "mid-output" }) })));
    if (!(await works(rig))) broken.push("afterwards 6*7 was not 42");
    return { outcome: aimed.outcome.kind, tookMs, broken };
  } finally {
    load.stop();
  }
};

/** The first to meet a kernel that has just died may share its fate; the second not. */
const works = async ({ visitor }: Rig): Promise<boolean> => {
  for (let tried = 1; tried <= 2; tried++)
    if (JSON.stringify((await visitor.run({ code: "6*7" })).messages).includes('"42"')) return true;
  return false;
};

/** The one that is aimed at, from its submission over the fault to its outcome; `whole` is what it should say. */
const runAimed = async (rig: Rig, { cell, dice, heldMs }: { cell: Cell; dice: Chance; heldMs: number }) => {
  const { visitor, steps, system, runscPath } = rig;
  const lastWord = `last-${crypto.randomUUID()}`;
  const word = `aimed-${crypto.randomUUID()}`;
  const reached = steps.reached(cell.step, word, lastWord);
  const submit = () => visitor.submit({ code: aimedAt(word, lastWord), language: "python", timeoutSeconds: limitSeconds });
  const early = cell.step === "before the request" ? undefined : submit();
  const { kernel } = await within(reached, `${cell.step} was never reached`, 60_000);
  const kernels = system.processes().filter(({ name }) => /^k[0-9a-z]{25}$/.test(name));
  const anyKernel = kernels[dice.below(kernels.length)]?.name ?? "";
  // What is archived each second is hit anywhere in it.
  if (cell.step === "during archive") await pause(dice.below(1200));
  const mend = await breakPart(cell.fault, { system, runscPath, part: cell.part, kernel: kernel ?? anyKernel });
  const brokenAt = Date.now();
  const id = early ?? submit();
  try {
    if (cell.fault !== "kill") await pause(heldMs);
  } finally {
    await mend();
  }
  const aimed = await visitor.finish(await id);
  return { aimed, whole: `${everyLine}${lastWord}\n`, tookMs: Date.now() - brokenAt };
};

/** Short computations, always some at a time, until `end`: none of them may be lost to a fault that is not its own kernel's. */
const keepBusy = (rig: Rig, dice: Chance) => {
  let ending = false;
  const finished: Finished[] = [];
  const goOn = async () => {
    while (!ending) {
      finished.push(await rig.visitor.run({ code: small(dice.below(1000)), language: "python", timeoutSeconds: limitSeconds }));
      await pause(dice.below(600));
    }
  };
  const going = Promise.all(Array.from({ length: others }, goOn));
  return {
    stop: () => {
      ending = true;
    },
    end: async ({ heldMs, kinds }: { heldMs: number; kinds: string[] }) => {
      ending = true;
      await going;
      const found = await Promise.all(finished.map((one) => brokenPromises(rig, one, heldMs)));
      const other = finished.filter(({ outcome }) => !kinds.includes(outcome.kind));
      return [...found.flat(), ...other.map(({ id, outcome }) => `${id}: it ended ${outcome.kind}: ${outcome.message}`)];
    },
  };
};

/** Read by the client, and in the ledger behind its back. */
const brokenPromises = async (
  { visitor, audit }: Rig,
  finished: Finished,
  heldMs: number,
  whole?: string,
): Promise<string[]> => {
  const { id, messages, outcome, tookMs } = finished;
  const broken: string[] = [];
  const holds = (promise: boolean, words: string) => {
    if (!promise) broken.push(`${id}: ${words}`);
  };
  holds(tookMs < limitSeconds * 1000 + heldMs + leaseMs, `it took ${tookMs} ms`);
  const again = await visitor.finish(id);
  holds(JSON.stringify(again.messages) === JSON.stringify(messages), "read again, its transcript was another");
  holds(JSON.stringify(again.outcome) === JSON.stringify(outcome), "read again, its outcome was another");
  const records = await audit.records(id);
  for (const step of ["request", "outcome"] as const) {
    const count = records.filter((record) => record.step === step).length;
    holds(count === 1, `its ledger has ${count} records of its ${step}`);
  }
  const words = new Set((await audit.said(id)).flatMap(({ record }) => /begun \w+/.exec(JSON.stringify(record))?.[0] ?? []));
  holds(words.size <= 1, `it was executed ${words.size} times`);
  const said = text(finished).replace(/^begun \w+\n?/, "");
  if (outcome.kind === "ok")
    holds(words.size === 1 && (whole === undefined || said === whole), `it said only ${JSON.stringify(said)}`);
  else if (whole !== undefined) holds(whole.startsWith(said), `it said ${JSON.stringify(said)}`);
  if (outcome.kind === "ok" && whole !== undefined)
    holds(
      outcome.files.some(({ size }) => size === 3 << 20),
      "its file is missing",
    );
  return broken;
};

const within = async <T>(what: Promise<T>, words: string, limitMs: number): Promise<T> => {
  let late: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(new Error(words)), limitMs);
  });
  try {
    return await Promise.race([what, limit]);
  } finally {
    clearTimeout(late);
  }
};
