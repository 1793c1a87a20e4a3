/** The example pages as a reader opens them: each cell comes alive, nothing complains, axe finds nothing; next: embedding.test.ts. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { axeFinds } from "./axe.ts";
import { inChromium, page, server, visit } from "./cell-page.ts";

inChromium({ opens: false });
/** The page of SageMathCell's needs a whole system: sagecell.test.ts. */
const pages = readdirSync(fileURLToPath(new URL("../../examples", import.meta.url))).filter(
  (name) => name.endsWith(".html") && name !== "sagecell.html",
);

describe("the example pages", () => {
  it.each(pages)("%s", async (name) => {
    await visit(`${server.url}/examples/${name}`);
    const cells = page.locator("sage-cell:visible");
    for (let at = 0; at < (await cells.count()); at++) await cells.nth(at).locator("[part=cell]").waitFor();
    expect(await axeFinds(page)).toEqual([]);
  });
});
