/** The kill matrix in short, a file's share of it: one cell for each part and fault, on a system of its own; next: stops.test.ts. */
import { jest } from "@jest/globals";
import { openRig, type Rig, runCell } from "#test/chaos/cell.ts";
import { type Fault, nameOf, someCells } from "#test/chaos/matrix.ts";

/** Longer than a gateway may be silent before others take over what it had. */
const heldMs = 4000;
const seed = 100;

/** Describes the cells of these faults; files have different ones, so that two run at a time where others wait. */
export const chaosSuite = (faults: readonly Fault[]): void => {
  jest.setTimeout(180_000);
  describe("whatever part breaks while computations run and wait, each is answered once, whole, and at most once executed", () => {
    let rig: Rig;
    beforeAll(async () => {
      rig = await openRig();
    });
    afterAll(async () => {
      expect(await rig?.close()).toEqual([]);
    });
    const cells = someCells(seed).filter(({ fault }) => faults.includes(fault));
    test.each(cells.map((cell) => ({ name: nameOf(cell), cell })))("$name", async ({ cell }) => {
      expect((await runCell(rig, cell, heldMs)).broken).toEqual([]);
    });
  });
};
