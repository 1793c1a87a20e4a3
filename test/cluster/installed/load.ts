/** Visitors who come one after the other without waiting for each other, while things are broken around them; next: ../end-to-end.cluster.test.ts. */
import { setTimeout as pause } from "node:timers/promises";
import type { Finished, Visitor } from "#test/end-to-end/visitor.ts";

/** How many may be under way: below what one visitor may have, and shares of it. */
const atOnceMax = 12;

export type Load = {
  /** Resolves when so many more have ended; rejects when one was not answered. */
  more: (count: number) => Promise<void>;
  /** No more come; resolves with all when the last has ended. */
  stop: () => Promise<Finished[]>;
};

/** Runs `code` every `everyMs`. */
export const startLoad = (visitor: Visitor, { code, everyMs }: { code: string; everyMs: number }): Load => {
  const ended: Finished[] = [];
  const underWay = new Set<Promise<void>>();
  let fault: unknown;
  let stopping = false;
  const one = async () => {
    try {
      ended.push(await visitor.run({ code, language: "python", timeoutSeconds: 20 }));
    } catch (error) {
      fault ??= error;
    }
  };
  const coming = (async () => {
    for (; !stopping; await pause(everyMs)) {
      if (underWay.size >= atOnceMax) continue;
      const running = one().then(() => void underWay.delete(running));
      underWay.add(running);
    }
  })();
  const check = () => {
    if (fault !== undefined) throw fault;
  };
  return {
    more: async (count) => {
      for (const enough = ended.length + count; ended.length < enough; await pause(everyMs / 4)) check();
    },
    stop: async () => {
      stopping = true;
      await coming;
      await Promise.all(underWay);
      check();
      return ended;
    },
  };
};
