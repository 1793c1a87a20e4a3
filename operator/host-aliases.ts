/** Addresses of the few hosts that agents must reach: a kernel's pod asks no name server, so they are told; next: pools.ts. */
import { lookup } from "node:dns/promises";

export type HostAlias = { ip: string; hostnames: string[] };

const rememberedMs = 30_000;

/** Looks the names up at most every 30 s. Rejects when one has no address: a kernel without it would never be warm. */
export const hostAliases = (hostnames: readonly string[], now: () => number): (() => Promise<HostAlias[]>) => {
  let known: { at: number; aliases: HostAlias[] } | undefined;
  return async () => {
    if (known && now() - known.at < rememberedMs) return known.aliases;
    const found = await Promise.all(
      hostnames.map(async (name) =>
        (await lookup(name, { all: true })).map(({ address }) => ({ ip: address, hostnames: [name] })),
      ),
    );
    known = { at: now(), aliases: found.flat() };
    return known.aliases;
  };
};
