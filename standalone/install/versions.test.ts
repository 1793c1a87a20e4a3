/** Which version is new enough; next: npm.test.ts. */
import { atLeast, runscDay, versionIn } from "#standalone/install/versions.mjs";

test("a version is found in what a program says of itself", () => {
  expect(versionIn("go version go1.26.8 linux/amd64")).toEqual([1, 26, 8]);
  expect(versionIn("v24.21.0\n")).toEqual([24, 21, 0]);
  expect(versionIn("go version go1.27 linux/arm64")).toEqual([1, 27, 0]);
});

test("a program that says nothing has no version and is never new enough", () => {
  expect(versionIn(null)).toBeNull();
  expect(versionIn("command not found")).toBeNull();
  expect(atLeast(null, [1])).toBe(false);
});

test("versions compare as numbers, place by place", () => {
  expect(atLeast([1, 26, 8], [1, 26])).toBe(true);
  expect(atLeast([1, 9, 0], [1, 26])).toBe(false);
  expect(atLeast([2, 0, 0], [1, 26])).toBe(true);
  expect(atLeast([1, 26, 0], [1, 26, 1])).toBe(false);
});

test("a runsc is dated by its release, and one that names no day is older than all", () => {
  expect(runscDay("runsc version release-20260817.0\nspec: 1.2.1\n")).toBe(20260817);
  expect(runscDay("runsc version 20260905\nspec: 1.2.1\n")).toBe(20260905);
  expect(runscDay("runsc version VERSION_MISSING\nspec: 1.2.1\n")).toBe(0);
  expect(runscDay(null)).toBe(0);
});
