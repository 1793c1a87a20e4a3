/** Grants for the filestore: made by gateways, checked by the filestore, both with one secret; next: ledger.ts. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { Failure } from "#protocol/failures.ts";
import { type GrantClaims, grantClaims } from "#protocol/files.ts";

/** At least 256 bits of text; a kernel or its agent never sees it. */
export const filestoreSecret = z.string().min(43, "is at least 43 characters long (32 random bytes in base64url)");

const tokenCharactersMax = 2048;
// Another use of the same secret can then never make a token.
const purpose = "sandcell file grant v1\n";

const sign = (secret: string, body: string): Buffer => createHmac("sha256", secret).update(purpose).update(body).digest();

/** `<claims in base64url>.<HMAC-SHA256 in base64url>` */
export function makeGrant(secret: string, claims: GrantClaims): string {
  const body = Buffer.from(JSON.stringify(claims)).toString("base64url");
  return `${body}.${sign(secret, body).toString("base64url")}`;
}

/** What an `Authorization: Bearer` header grants at `now` (ms). Throws Failure `unauthorized` for anything but a genuine, current grant. */
export function readGrant(secret: string, authorization: string | undefined, now: number): GrantClaims {
  const [body, signature, more] = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1]?.split(".") ?? [];
  if (!body || !signature || more !== undefined || body.length > tokenCharactersMax) throw new Failure("unauthorized");
  const given = Buffer.from(signature, "base64url");
  const right = sign(secret, body);
  if (given.length !== right.length || !timingSafeEqual(given, right)) throw new Failure("unauthorized");
  const claims = grantClaims.safeParse(JSON.parse(Buffer.from(body, "base64url").toString()));
  if (!claims.success) throw new Failure("unauthorized");
  if (claims.data.expiresAt <= now) throw new Failure("unauthorized", { detail: "The grant has expired." });
  return claims.data;
}
