/** Ids: random, or for an Idempotency-Key the same for the same client and key; next: queue.ts. */
import { createHash, createHmac, randomBytes } from "node:crypto";

const size = 36n ** 25n;
const text = (bytes: Buffer): string => (BigInt(`0x${bytes.toString("hex")}`) % size).toString(36).padStart(25, "0");

/** `c`, `s` or `g` and 25 of 0-9 a-z: 129 bits, unguessable. */
export const randomId = (prefix: "c" | "s" | "g"): string => prefix + text(randomBytes(24));

/** The computation that `client` means by `key`, however late and at whichever gateway that has the secret. */
export const idOfKey = (secret: string, client: string, key: string): string =>
  `c${text(createHmac("sha256", secret).update(`${client}\n${key}`).digest())}`;

export const digestOf = (value: unknown): string => createHash("sha256").update(JSON.stringify(value)).digest("hex");
