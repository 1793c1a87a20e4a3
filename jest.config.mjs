// Tests stand beside the code; the slow ones (real Sage, browser, kills) are told apart by their folder test/, those on a cluster by their name.
export default {
  testEnvironment: "node",
  // Real servers on a machine that four workers share: a test that needs longer is stuck.
  testTimeout: 60_000,
  extensionsToTreatAsEsm: [".ts"],
  testMatch: ["<rootDir>/**/!(*.cluster).test.ts"],
  testPathIgnorePatterns: ["/node_modules/", "/cell/dist/"],
  transform: { "\\.ts$": "<rootDir>/test/strip-types.cjs" },
  // Ours have a folder; a package may have names of its own that begin with #.
  moduleNameMapper: { "^#([a-z-]+/.*)$": "<rootDir>/$1" },
};
