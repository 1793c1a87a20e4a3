/** What a pool's fields must be to one another: each rule once, for zod here and for the API server in CEL; next: kernel-pool-crd.ts. */
import type { z } from "zod";
import type { KernelPoolSpec } from "#operator/kernel-pool.ts";

/** Labels and annotations with this prefix are the operator's. */
export const reservedPrefix = "sandcell.dev/";

type Rule = {
  /** Where an admin finds the mistake. */
  path: readonly string[];
  /** `self` is the specification with its defaults. */
  cel: string;
  message: string;
  holds: (spec: KernelPoolSpec) => boolean;
};

export const rules: readonly Rule[] = [
  {
    path: ["capacity", "idleMin"],
    cel: "self.capacity.idleMin <= self.capacity.idleMax",
    message: "idleMin is above idleMax",
    holds: ({ capacity }) => capacity.idleMin <= capacity.idleMax,
  },
  {
    path: ["capacity", "idleMax"],
    cel: "self.capacity.idleMax <= self.capacity.totalMax",
    message: "idleMax is above totalMax",
    holds: ({ capacity }) => capacity.idleMax <= capacity.totalMax,
  },
  {
    path: ["follow", "panicMs"],
    cel: "self.follow.panicMs <= self.follow.steadyMs",
    message: "panicMs is above steadyMs",
    holds: ({ follow }) => follow.panicMs <= follow.steadyMs,
  },
  {
    path: ["schedules"],
    cel: "self.schedules.all(schedule, schedule.from < schedule.until)",
    message: "a schedule ends before it begins: give a night as two",
    holds: ({ schedules }) => schedules.every(({ from, until }) => from < until),
  },
  {
    path: ["schedules"],
    cel: "self.schedules.all(schedule, schedule.idleMin <= self.capacity.totalMax)",
    message: "a schedule's idleMin is above totalMax",
    holds: ({ schedules, capacity }) => schedules.every(({ idleMin }) => idleMin <= capacity.totalMax),
  },
  {
    path: ["template", "resources", "temporaryBytes"],
    cel: "self.template.resources.temporaryBytes < self.template.resources.memoryBytes",
    message: "temporary files live in memory: temporaryBytes must be below memoryBytes",
    holds: ({ template }) => template.resources.temporaryBytes < template.resources.memoryBytes,
  },
  {
    path: ["template", "resources", "cpusRequested"],
    cel: "self.template.resources.cpusRequested <= self.template.resources.cpus",
    message: "cpusRequested is above cpus",
    holds: ({ template }) => template.resources.cpusRequested <= template.resources.cpus,
  },
  {
    path: ["template", "runtimeClassName"],
    cel: "self.template.runtimeClassName != '' || self.template.unsafeWithoutSandbox",
    message: "without a runtimeClassName there is no sandbox: only unsafeWithoutSandbox allows that",
    holds: ({ template }) => template.runtimeClassName !== "" || template.unsafeWithoutSandbox,
  },
  {
    path: ["template", "labels"],
    cel: `self.template.labels.all(name, !name.startsWith('${reservedPrefix}'))`,
    message: `labels that begin with ${reservedPrefix} are the operator's own`,
    holds: ({ template }) => Object.keys(template.labels).every((name) => !name.startsWith(reservedPrefix)),
  },
  {
    path: ["times", "backOffMs"],
    cel: "self.times.backOffMs <= self.times.backOffMaxMs",
    message: "backOffMs is above backOffMaxMs",
    holds: ({ times }) => times.backOffMs <= times.backOffMaxMs,
  },
];

/** What only the API server can see: a field before and after. */
export const transitionRules: readonly Pick<Rule, "path" | "cel" | "message">[] = [
  {
    path: ["isolation"],
    cel: "self.isolation == oldSelf.isolation",
    message: "isolation cannot be changed: clients were promised it; make another pool",
  },
];

export const checkRules = (spec: KernelPoolSpec, context: z.RefinementCtx): void => {
  for (const { path, message, holds } of rules)
    if (!holds(spec)) context.addIssue({ code: "custom", path: [...path], message });
};
