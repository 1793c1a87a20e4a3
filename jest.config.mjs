// Tests stand beside the code; the slow ones (real Sage, browser, kills) are told apart by their folder test/.
export default {
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  testMatch: ["<rootDir>/**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/", "/cell/dist/"],
  transform: { "\\.ts$": "<rootDir>/test/strip-types.cjs" },
  moduleNameMapper: { "^#(.*)$": "<rootDir>/$1" },
};
