/** Grants for the filestore: signed by gateways, checked by the filestore, carried by agents; next: metrics.ts. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { type GrantClaims, grantClaims } from "#protocol/files.ts";

const sign = (body: string, secret: string) => createHmac("sha256", secret).update(body).digest("base64url");

/** `<claims>.<signature>`, both base64url: fits a Bearer token. */
export function makeGrant(claims: GrantClaims, secret: string): string {
  const body = Buffer.from(JSON.stringify(claims)).toString("base64url");
  return `${body}.${sign(body, secret)}`;
}

/** The claims of a token that we signed and that has not expired; undefined for anything else. */
export function readGrant(token: string, secret: string, now: number): GrantClaims | undefined {
  const [body, signature, ...rest] = token.split(".");
  if (body === undefined || signature === undefined || rest.length > 0 || token.length > 2048) return undefined;
  const [given, expected] = [Buffer.from(signature), Buffer.from(sign(body, secret))];
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const claims = grantClaims.safeParse(JSON.parse(Buffer.from(body, "base64url").toString()));
  return claims.success && claims.data.expiresAt > now ? claims.data : undefined;
}
