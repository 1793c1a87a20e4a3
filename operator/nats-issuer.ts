/** Who signs what the operators answer to NATS: one key, the same at each, made from one secret; next: kernel-pool.ts. */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { fromSeed, type KeyPair } from "@nats-io/nkeys";
import { z } from "zod";
import { readSettings } from "#service/settings.ts";

/** As an install tool makes it, which knows no NATS keys. */
export const natsIssuerSecret = z.string().min(32, "is at least 32 characters long");

// Another use of the same secret can then never make the same key.
const purpose = "sandcell nats issuer v1\n";

/** NATS' seed of an account: two bytes that say so, 32 of key, a CRC-16 (XMODEM, low byte first), all in base32. */
function accountSeed(raw: Uint8Array): Uint8Array {
  const [seed, account] = [18 << 3, 0];
  const body = [seed, account, ...raw];
  const crc = body.reduce((sum, byte) => crcStep(sum ^ (byte << 8)), 0);
  return new TextEncoder().encode(base32([...body, crc & 0xff, crc >> 8]));
}
function crcStep(sum: number): number {
  let crc = sum;
  for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  return crc;
}
function base32(bytes: readonly number[]): string {
  const bits = bytes.map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const fives = bits.match(/.{1,5}/g) ?? [];
  return fives.map((five) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[Number.parseInt(five.padEnd(5, "0"), 2)]).join("");
}

/** The same secret gives the same key. */
export const issuerKey = (secret: string): KeyPair =>
  fromSeed(accountSeed(createHash("sha256").update(purpose).update(secret).digest()));

/** The line of nats-server's `auth_callout` that names the key. */
export const issuerLine = (secret: string): string => `issuer: ${issuerKey(secret).getPublicKey()}\n`;

// `node operator/nats-issuer.ts [FILE]`: writes that line, for nats-server's configuration to include.
if (process.argv[1] === import.meta.filename) {
  const line = issuerLine(readSettings(z.object({ natsIssuerSecret })).natsIssuerSecret);
  const [, , file] = process.argv;
  if (file) writeFileSync(file, line);
  else process.stdout.write(line);
}
