/**
 * Signatures of NATS' tokens by Node's own Ed25519: the library's JavaScript takes some hundred times as long, and of hundreds of agents that
 * come at once most were refused for it; next: auth-callout.ts.
 */
import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { type KeyPair, Prefix } from "@nats-io/nkeys";
import { Codec } from "@nats-io/nkeys/lib/codec.js";

/** What stands before the 32 bytes of a key in DER (RFC 8410). */
const privatePrefix = Buffer.from("302e020100300506032b657004220420", "hex");
const publicPrefix = Buffer.from("302a300506032b6570032100", "hex");
const seedBytes = 32;

/** The same key, whose signatures are the same, quicker. */
export const quickly = (pair: KeyPair, seed: Buffer): KeyPair => {
  if (seed.length !== seedBytes) throw new RangeError(`a seed has ${seedBytes} bytes`);
  const key = createPrivateKey({ key: Buffer.concat([privatePrefix, seed]), format: "der", type: "pkcs8" });
  // Asked for with each signature, and the library would make the pair anew.
  const [publicKey, privateKey] = [pair.getPublicKey(), pair.getPrivateKey()];
  const quick = {
    getPublicKey: () => publicKey,
    getPrivateKey: () => privateKey,
    sign: (input: Uint8Array) => new Uint8Array(sign(null, input, key)),
  };
  return Object.assign(Object.create(pair) as KeyPair, quick);
};

/** What a server's or an account's token says, if its issuer signed it; throws where it is none, or somebody changed it. */
export const signedClaims = <Claims>(token: string): Claims => {
  const [header = "", payload = "", signature = "", ...more] = token.split(".");
  const claims = jsonOf(payload) as { iss?: unknown };
  const { alg } = jsonOf(header) as { alg?: unknown };
  if (more.length > 0 || alg !== "ed25519-nkey" || typeof claims.iss !== "string") throw new Error("no token of NATS'");
  const kind = claims.iss.startsWith("N") ? Prefix.Server : Prefix.Account;
  const issuer = Codec.decode(kind, new TextEncoder().encode(claims.iss));
  const key = createPublicKey({ key: Buffer.concat([publicPrefix, issuer]), format: "der", type: "spki" });
  if (!verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url")))
    throw new Error("a token that its issuer did not sign");
  return claims as Claims;
};

const jsonOf = (part: string): unknown => JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
