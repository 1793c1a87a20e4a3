/** What a pool's status says, and which of it is news: PURE; next: pod-template.ts. */
import type { KernelPoolStatus, PoolCondition } from "#operator/kernel-pool-crd.ts";
import { type ConditionReason, conditionReasons } from "#operator/pool/condition-reasons.ts";
import type { PoolStatus } from "#operator/pool/decide.ts";

/** Why kernels do not get warm, as the edge knows it. */
export type PoolTrouble = { reason: ConditionReason; message: string };
/** A condition that changed: an event of the pool. */
export type Transition = { reason: ConditionReason; message: string; warning: boolean };

/** The more it explains, the earlier; what no entry explains is the failing itself. */
const worstFirst: readonly ConditionReason[] = [
  "SpecInvalid",
  "RuntimeClassMissing",
  "QuotaExceeded",
  "CreateRefused",
  "ImagePullFailed",
  "Unschedulable",
];
const messageMax = 1024;

export type StatusInput = {
  counts: PoolStatus;
  troubles: readonly PoolTrouble[];
  generation: number;
  selector: string;
  before: KernelPoolStatus | undefined;
  now: number;
};

export const poolStatus = (input: StatusInput): { status: KernelPoolStatus; transitions: Transition[] } => {
  const { counts, generation, before } = input;
  const { conditions: found, ...numbers } = counts;
  const trouble = worstFirst.flatMap((reason) => input.troubles.filter((it) => it.reason === reason))[0];
  const conditions = found.map(({ type, reason }) =>
    type === "Degraded" && trouble ? condition(trouble.reason, trouble.message, input) : condition(reason, "", input),
  );
  const transitions = conditions.filter((now) => changed(before, now)).map(transition);
  return { status: { observedGeneration: generation, ...numbers, selector: input.selector, conditions }, transitions };
};

/** For a pool whose specification cannot be read: what is known of its kernels stays. */
export const invalidStatus = (
  before: KernelPoolStatus | undefined,
  message: string,
  { generation, now, selector }: Pick<StatusInput, "generation" | "now" | "selector">,
): { status: KernelPoolStatus; transitions: Transition[] } => {
  const none = {
    total: 0,
    wanted: 0,
    starting: 0,
    idle: 0,
    busy: 0,
    sessions: 0,
    leaving: 0,
    dead: 0,
    updated: 0,
    revision: "",
  };
  const degraded = condition("SpecInvalid", message, { generation, now, before });
  const others = before?.conditions.filter(({ type }) => type !== "Degraded") ?? [];
  const status = { ...none, ...before, observedGeneration: generation, selector, conditions: [...others, degraded] };
  return { status, transitions: changed(before, degraded) ? [transition(degraded)] : [] };
};

const previous = (before: KernelPoolStatus | undefined, type: string) => before?.conditions.find((it) => it.type === type);
/** Of a new pool only what is wrong is news. */
const changed = (before: KernelPoolStatus | undefined, now: PoolCondition) => {
  if (!before) return now.type === "Degraded" && now.status === "True";
  const then = previous(before, now.type);
  return then?.status !== now.status || then.reason !== now.reason;
};

const condition = (
  reason: ConditionReason,
  message: string,
  { generation, before, now }: Pick<StatusInput, "generation" | "before" | "now">,
): PoolCondition => {
  const { type, status, words } = conditionReasons[reason];
  const shown = status ? "True" : "False";
  const then = previous(before, type);
  return {
    type,
    status: shown,
    reason,
    message: (message ? `${words} ${message}` : words).slice(0, messageMax),
    lastTransitionTime: then?.status === shown ? then.lastTransitionTime : new Date(now).toISOString().replace(/\.\d+Z$/, "Z"),
    observedGeneration: generation,
  };
};

const transition = ({ type, status, reason, message }: PoolCondition): Transition => ({
  reason: reason as ConditionReason,
  message,
  warning: (type === "Degraded") === (status === "True") && type !== "Progressing",
});

/** Of numbers that changed; computations must not become writes to the API server, and most are over before this. */
const numbersMs = 5_000;
/** More kernels are warm: who made the pool larger, or waits for it, looks for that. Once for each kernel, and fewer where many start together. */
const warmMs = 500;

const warm = ({ idle, busy }: KernelPoolStatus): number => idle + busy;

/** When `status` is due to be written, `before` having been written last and `differsSince` being when they began to differ. */
export const reportDue = (before: KernelPoolStatus | undefined, status: KernelPoolStatus, differsSince: number): number => {
  const told = ({ observedGeneration, revision, selector, conditions }: KernelPoolStatus) =>
    JSON.stringify([
      observedGeneration,
      revision,
      selector,
      conditions.map(({ type, status, reason }) => [type, status, reason]),
    ]);
  // A condition is news, and so is what this speaks of; numbers can wait.
  if (before === undefined || told(before) !== told(status)) return differsSince;
  return differsSince + (warm(status) > warm(before) ? warmMs : numbersMs);
};

/** Is there anything that a reader of the pool would miss? Times alone are no news. */
export const differs = (a: KernelPoolStatus | undefined, b: KernelPoolStatus): boolean =>
  JSON.stringify(a) !== JSON.stringify(b);
