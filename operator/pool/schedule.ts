/** Windows of the week in which a pool keeps more idle: PURE, clock time as the place has it; next: refill.ts. */
import type { KernelPoolSpec } from "#operator/kernel-pool.ts";

type Schedules = KernelPoolSpec["schedules"];
const minuteMs = 60_000;

/** Making one costs a thousand times as much as using it. Zones come from an admin, who has named a few. */
const clocks = new Map<string, Intl.DateTimeFormat>();
const clockOf = (timeZone: string) => {
  const known = clocks.get(timeZone);
  if (known) return known;
  const style = { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  const clock = new Intl.DateTimeFormat("en-GB", { ...style, timeZone });
  clocks.set(timeZone, clock);
  return clock;
};

const holds = ({ days, from, until, timeZone }: Schedules[number], now: number): boolean => {
  const parts = Object.fromEntries(
    clockOf(timeZone)
      .formatToParts(now)
      .map(({ type, value }) => [type, value]),
  );
  const time = `${parts["hour"]}:${parts["minute"]}`;
  return days.some((day) => day === parts["weekday"]) && from <= time && time < until;
};

/** Kernels to keep idle by the schedules that hold now; 0: none holds. Where several hold, the highest counts. */
export const scheduledIdle = (schedules: Schedules, now: number): number =>
  Math.max(0, ...schedules.filter((schedule) => holds(schedule, now)).map(({ idleMin }) => idleMin));

/** Windows begin and end at full minutes. */
export const nextMinute = (now: number): number => (Math.floor(now / minuteMs) + 1) * minuteMs;
