/** How a KernelPool follows the load and the clock: that part of its schema; next: kernel-pool-rules.ts. */
import { z } from "zod";

const clockTime = z
  .string()
  .max(5)
  .regex(/^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$/);
const isTimeZone = (name: string): boolean => {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: name }));
  } catch {
    return false;
  }
};

export const follow = z.object({
  by: z
    .enum(["load", "nothing"])
    .default("load")
    .describe(
      "load: the pool also keeps as many kernels as the load asks for. nothing: as many as idleMin says, which another scaler sets.",
    ),
  utilization: z
    .number()
    .min(0.1)
    .max(1)
    .default(0.7)
    .describe("The part of the stock that should be busy on average; the rest is there for what comes next."),
  steadyMs: z.int().min(10_000).max(600_000).default(60_000).describe("The window over which the load is averaged."),
  panicMs: z
    .int()
    .min(3_000)
    .max(600_000)
    .default(6_000)
    .describe(
      "The short window that notices a step. A panic lasts until steadyMs have passed without alarm; meanwhile the pool only grows.",
    ),
  panicFactor: z
    .number()
    .min(1)
    .default(2)
    .describe("A panic begins when the short window asks for this many times the kernels that are warm."),
  drainMs: z
    .int()
    .positive()
    .default(10_000)
    .describe(
      "Computations in line ask for as many kernels as would work them off in this time: short ones for few, long ones for one each.",
    ),
});

const schedule = z.object({
  days: z
    .array(z.enum(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]))
    .min(1)
    .max(7)
    .default(["Mon", "Tue", "Wed", "Thu", "Fri"])
    .describe("Days of the week."),
  from: clockTime.describe("When kernels begin to be added, `08:50`. Leave them time to get warm before people come."),
  until: clockTime.describe("When the schedule ends, `10:30`; later than from."),
  timeZone: z
    .string()
    .max(64)
    .refine(isTimeZone, "there is no such time zone")
    .default("UTC")
    .describe("Whose clock: a name of the IANA database, `Europe/Berlin`. Summer time is followed."),
  idleMin: z.int().nonnegative().describe("Kernels kept idle meanwhile, where that is more than capacity.idleMin."),
});

/** Enough for every class of a week, and it bounds what the API server must check. */
const schedulesMax = 32;
export const schedules = z
  .array(schedule)
  .max(schedulesMax)
  .default([])
  .describe("Times of the week at which more are kept idle, because a class begins. The highest that holds counts.");
