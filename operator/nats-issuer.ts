/**
 * The key that signs kernels' rights at NATS, made from a secret, so that a chart needs no key tool; next: nats-signatures.ts.
 *
 *     SANDCELL_NATS_ISSUER_SECRET=... node operator/nats-issuer.ts FILE      writes the line `issuer: A...` for nats-server
 */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { fromSeed, type KeyPair, Prefix } from "@nats-io/nkeys";
import { Codec } from "@nats-io/nkeys/lib/codec.js";
import { z } from "zod";
import { quickly } from "#operator/nats-signatures.ts";
import { readSettings } from "#service/settings.ts";

export const issuerSecret = z
  .string()
  .min(32)
  .describe("from it the key is made that signs kernels' rights at NATS, 32 characters or more");

/** The same secret gives the same key. */
export const issuerFrom = (secret: string): KeyPair => {
  const raw = createHash("sha256").update(`sandcell nats issuer\n${secret}`).digest();
  return quickly(fromSeed(Codec.encodeSeed(Prefix.Account, raw)), raw);
};

if (process.argv[1] === import.meta.filename) {
  const [, , path] = process.argv;
  if (!path) throw new Error("usage: node operator/nats-issuer.ts FILE");
  const { natsIssuerSecret } = readSettings(z.object({ natsIssuerSecret: issuerSecret }));
  writeFileSync(path, `issuer: ${issuerFrom(natsIssuerSecret).getPublicKey()}\n`);
}
