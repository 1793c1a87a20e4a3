/** What is broken, how, and when: the cells of the kill matrix, each with its seed; next: steps.ts (when), faults.ts (how). */

export const parts = ["gateway", "nats-server", "filestore", "agent", "sandbox", "zygote", "child"] as const;
export type Part = (typeof parts)[number];

/** kill: SIGKILL. stop: SIGSTOP, and SIGCONT a while later. cut: it is reached by nobody, and reaches nobody, for a while. */
export const faults = ["kill", "stop", "cut"] as const;
export type Fault = (typeof faults)[number];

/** In the order in which a computation takes them. */
export const steps = [
  "before the request",
  "after the request",
  "after assigned",
  "after accepted",
  "mid-output",
  "after the last output",
  "during upload",
  "during archive",
] as const;
export type Step = (typeof steps)[number];

export type Cell = { part: Part; fault: Fault; step: Step; seed: number };

/** A sandbox has no network, and nothing in it either: there is nothing to cut. */
const networked = (part: Part) => !["sandbox", "zygote", "child"].includes(part);
const possible = ({ part, fault }: Cell) => fault !== "cut" || networked(part);

/** Everything that is asked for, in an order that spreads the parts. */
export const cellsOf = (of: {
  parts?: readonly Part[];
  faults?: readonly Fault[];
  steps?: readonly Step[];
  seed: number;
}): Cell[] =>
  (of.steps ?? steps)
    .flatMap((step) => (of.faults ?? faults).flatMap((fault) => (of.parts ?? parts).map((part) => ({ part, fault, step }))))
    .map((cell, i) => ({ ...cell, seed: of.seed + i }))
    .filter(possible);

/** One cell for each part and fault, the steps taken in turn, so that each step comes too. */
export const someCells = (seed: number): Cell[] =>
  faults
    .flatMap((fault) => parts.map((part) => ({ part, fault })))
    .map((pair, i) => ({ ...pair, step: steps[(i * 3) % steps.length] ?? "mid-output", seed: seed + i }))
    .filter(possible);

export const nameOf = ({ part, fault, step }: Cell): string => `${part}, ${fault}, ${step}`;

/** Which outcomes the promises allow the computation that was aimed at. What does not hold it or its kernel may cost it nothing but time. */
export const allowed = ({ part, step }: Cell): string[] => {
  const holdsIt = ["agent", "sandbox", "zygote", "child"].includes(part) && step !== "during archive";
  return holdsIt ? ["ok", "lost", "error"] : ["ok"];
};
