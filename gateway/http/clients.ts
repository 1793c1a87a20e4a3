/** Who asks: a keyed hash of a token or an address, never either of them; and how often; next: json-body.ts. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { isIPv6 } from "node:net";
import type { Request, RequestHandler, Response } from "express";
import { RateLimiterMemory, type RateLimiterRes } from "rate-limiter-flexible";
import type { Client } from "#gateway/core.ts";
import { bounds } from "#gateway/http/bounds.ts";
import { Failure } from "#protocol/failures.ts";

export type ClientOptions = {
  /** The key of the hashes; gateways that share it know a client as the same. */
  secret: string | Uint8Array;
  /** Without the one right `Authorization: Bearer`, nothing of /v1 and /files is answered. */
  token?: string | undefined;
  requestsPerWindow?: number | undefined;
  /** Where a request carries its token; by default in `Authorization: Bearer`. */
  tokenOf?: ((request: Request) => string) | undefined;
};

export const clientOf = (response: Response): Client => response.locals["client"] as Client;

/** Sets the client of a request; refuses 401 without the token, 429 in a flood. `request.ip` obeys the app's `trust proxy`. */
export function identifyClients(options: ClientOptions): RequestHandler {
  const hash = (text: string) => createHmac("sha256", options.secret).update(text).digest();
  const token = options.token === undefined ? undefined : hash(`token:${options.token}`);
  const known = new Map<string, Client>();
  const tokenOf = options.tokenOf ?? bearer;
  const points = options.requestsPerWindow ?? bounds.requestsPerWindow;
  const limiter = new RateLimiterMemory({ points, duration: bounds.requestWindowSeconds });

  const clientFor = (address: string): Client => {
    const found = known.get(address);
    if (found) return found;
    // The oldest goes: it costs one more hash when it comes back.
    if (known.size >= bounds.rememberedClientsMax) known.delete(known.keys().next().value ?? "");
    const client = { id: hash(`address:${address}`).toString("base64url").slice(0, 22) };
    known.set(address, client);
    return client;
  };

  return (request, response, next) => {
    // Many share one token (a site's server, say); the address still tells their users apart where a proxy passes it on.
    const client = clientFor(addressGroup(request.ip ?? ""));
    response.locals["client"] = client;
    limiter.consume(client.id).then(
      () => {
        if (token && !timingSafeEqual(token, hash(`token:${tokenOf(request)}`))) next(new Failure("unauthorized"));
        else next();
      },
      (refused: RateLimiterRes) => {
        const detail = `At most ${points} requests in ${bounds.requestWindowSeconds} seconds.`;
        next(new Failure("tooMany", { detail, retryAfterSeconds: refused.msBeforeNext / 1000 }));
      },
    );
  };
}

const bearer = (request: Request): string => /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";

/** An IPv6 customer holds a whole /64, so that is one client; an IPv4 address in IPv6 clothes is that IPv4 address. */
export function addressGroup(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  const bare = address.replace(/%.*$/, "");
  if (!isIPv6(bare)) return address;
  const [head = "", tail] = bare.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups =
    tail === undefined ? left : [...left, ...Array(Math.max(0, 8 - left.length - right.length)).fill("0"), ...right];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
