/** What a canary's notes say about the walls, in words: PURE; next: ../canary.ts (who asks). */
import { z } from "zod";

/** holds undefined: nobody knows, because the canary did not get there. */
export type Verdict = { wall: string; holds: boolean | undefined; words: string };

const note = z.object({
  wall: z.string(),
  reached: z.array(z.string()).optional(),
  unreached: z.array(z.string()).optional(),
  count: z.number().optional(),
  wrote: z.number().optional(),
  writable: z.array(z.string()).optional(),
  used: z.number().optional(),
  allowed: z.number().optional(),
  had: z.number().optional(),
  refused: z.string().optional(),
  over: z.boolean().optional(),
});
type Note = z.infer<typeof note>;

/** How a canary ended: its notes, and what Kubernetes says of its end. `visits`: attempts to reach it from outside. */
export type CanaryEnd = { message: string; reason: string; visits: number };

const mebibytes = (bytes = 0) => `${Math.round(bytes / 1048576)} MiB`;

/** The last line may be cut off. */
export const readNotes = (message: string): Note[] =>
  message.split("\n").flatMap((line) => {
    try {
      return [note.parse(JSON.parse(line))];
    } catch {
      return [];
    }
  });

/** Everything that was noted about one wall; later notes count more. */
type Found = Partial<Note>;
type Judge = (found: Found, end: CanaryEnd, visitors: number | undefined) => Omit<Verdict, "wall">;

const network: Judge = ({ reached = [], unreached = [] }, { visits }, visitors) => {
  if (reached.length > 0)
    return {
      holds: false,
      words: `it reached ${reached.join(", ")}: the network plugin does not enforce the policy that the kernels' namespace has, or there is none`,
    };
  if ((visitors ?? 0) > 0)
    return {
      holds: false,
      words: "somebody from outside reached it: the network plugin does not enforce what pods may be sent",
    };
  if (unreached.length > 0)
    return { holds: undefined, words: `it did not even reach ${unreached.join(", ")}, without which no kernel works` };
  const others = visits > 0 ? ", and nobody reached it" : "; whether others can reach it was not tried";
  return { holds: true, words: `it reached what a kernel needs and nothing else${others}` };
};

const disk: Judge = ({ wrote = 0, allowed = 0, writable = [] }) => {
  if (writable.length > 0) return { holds: false, words: `its root is not read-only: it wrote to ${writable.join(", ")}` };
  if (wrote > allowed)
    return {
      holds: false,
      words: `it wrote ${mebibytes(wrote)} to /tmp, where ${mebibytes(allowed)} are allowed: the runtime ignores the size limit of empty directories`,
    };
  return { holds: true, words: `/tmp was full at ${mebibytes(wrote)}, and nothing else can be written` };
};

/** Between the limit and twice the limit: measuring is not exact. */
const cpuTolerance = 1.7;
const cpu: Judge = ({ used = 0, allowed = 0 }) =>
  used > cpuTolerance * allowed
    ? {
        holds: false,
        words: `it used ${used} processors, where ${allowed} are allowed: the runtime or its cgroup driver ignores the limit of CPU`,
      }
    : { holds: true, words: `it used ${used} processors; ${allowed} are allowed` };

const byEnd =
  (what: (had: number) => string, missing: string): Judge =>
  ({ had = 0, over, refused, allowed = 0 }, { reason }) => {
    if (refused !== undefined) return { holds: true, words: `refused (${refused}) at ${what(had)}` };
    if (over === true) return { holds: false, words: `it had ${what(had)}, where ${what(allowed)} are allowed: ${missing}` };
    if (reason === "DeadlineExceeded" || reason === "")
      return { holds: undefined, words: `it came to ${what(had)} and had no more time` };
    return { holds: true, words: `its pod was ended at ${what(had)} (${reason}); ${what(allowed)} are allowed` };
  };
const memory = byEnd(
  mebibytes,
  "the pod's memory limit reaches no cgroup (systemd-cgroup in runsc.toml, where the kubelet's driver is systemd)",
);
const processes = byEnd((had) => `${had} processes`, "podPidsLimit in the kubelet's configuration is missing or larger");
const pids: Judge = (found, end, visitors) =>
  end.reason === "OOMKilled" && found.over !== true
    ? { holds: undefined, words: `its memory ended at ${found.had ?? 0} processes, before any limit of processes` }
    : processes(found, end, visitors);

const judges: Record<string, Judge> = { network, disk, cpu, memory, pids };

/** One for each wall that was to be tried. */
export const verdictsOf = (walls: readonly string[], end: CanaryEnd): Verdict[] => {
  const notes = readNotes(end.message);
  const visitors = notes.find(({ wall }) => wall === "visitors")?.count;
  return walls.map((wall) => {
    const said = notes.filter((it) => it.wall === wall);
    const judge = judges[wall];
    if (said.length === 0 || !judge)
      return { wall, holds: undefined, words: `it was not tried: the pod ended before (${end.reason || "no reason given"})` };
    return { wall, ...judge(Object.assign({}, ...said) as Found, end, visitors) };
  });
};

const shown = (holds: boolean | undefined) => (holds === undefined ? "unproven" : holds ? "holds" : "MISSING");
export const verdictLine = ({ wall, holds, words }: Verdict): string =>
  `  ${wall.padEnd(8)} ${shown(holds).padEnd(9)} ${words}`;
