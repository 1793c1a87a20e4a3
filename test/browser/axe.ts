/** What axe finds on a page; next: chromium.ts. */
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";

/** Each with where it is; in the dark only the contrast is looked at: all else is as in the light. */
export async function axeFinds(page: Page, colorScheme: "light" | "dark" = "light"): Promise<string[][]> {
  const axe = new AxeBuilder({ page });
  if (colorScheme === "dark") axe.withRules(["color-contrast"]);
  const { violations } = await axe.analyze();
  return violations.map(({ id, nodes }) => [id, ...nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`)]);
}
