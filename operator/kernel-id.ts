/** New names for kernels: nobody can guess one, and none comes twice; next: pool/kernels.ts. */
import { randomInt } from "node:crypto";

const digits = "0123456789abcdefghijklmnopqrstuvwxyz";

/** k and 25 of 0-9 a-z: 129 random bits. */
export const newKernelId = (): string => `k${Array.from({ length: 25 }, () => digits[randomInt(36)]).join("")}`;
