/** One cell of the kill matrix for each part and fault; `npm run test:chaos` has them all; next: cell.ts. */
import { jest } from "@jest/globals";
import { openRig, type Rig, runCell } from "#test/chaos/cell.ts";
import { nameOf, someCells } from "#test/chaos/matrix.ts";

jest.setTimeout(180_000);

/** Longer than a gateway may be silent before others take over what it had. */
const heldMs = 4000;

describe("whatever part breaks while computations run and wait, each is answered once, whole, and at most once executed", () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await openRig();
  });
  afterAll(async () => {
    expect(await rig?.close()).toEqual([]);
  });
  test.each(someCells(100).map((cell) => ({ name: nameOf(cell), cell })))("$name", async ({ cell }) => {
    expect((await runCell(rig, cell, heldMs)).broken).toEqual([]);
  });
});
