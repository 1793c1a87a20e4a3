/** Addresses of the few hosts that agents must reach: a kernel's pod asks no name server, so they are told; next: pools.ts. */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

export type HostAlias = { ip: string; hostnames: string[] };

const rememberedMs = 30_000;

/** The host names in addresses with commas between them; an address that is a number needs no name. */
export const hostsOf = (urls: string): string[] =>
  urls
    .split(",")
    .map((url) => new URL(url.includes("://") ? url : `nats://${url}`).hostname.replace(/^\[|\]$/g, ""))
    .filter((host) => isIP(host) === 0);

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
