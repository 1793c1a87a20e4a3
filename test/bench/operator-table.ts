/** The table of docs/operating.md with another column: PURE; next: operator.ts, which writes it with `--docs`. */

const none = "-";
const cellsOf = (line: string) =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
const lineOf = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
const titleOf = (kernels: number) => `${kernels.toLocaleString("en")} kernels`;
const kernelsOf = (title: string) => Number(title.replace(/\D/g, ""));

/** `page` with these figures as the column of so many kernels; other columns stay, `-` stands for what was not measured. Throws where no table is. */
export const withFigures = (page: string, kernels: number, figures: readonly (readonly [string, string])[]): string => {
  const lines = page.split("\n");
  const first = lines.findIndex((line) => /^\| what \|.* kernels \|/.test(line));
  if (first < 0) throw new Error("the page has no table of kernels");
  const length = lines.slice(first).findIndex((line) => !line.startsWith("|"));
  const [head = "", , ...rows] = lines.slice(first, first + length);
  const [what = "", ...titles] = cellsOf(head);
  const known = new Map(
    rows.map(cellsOf).map(([name = "", ...cells]) => [name, new Map(cells.map((cell, n) => [titles[n], cell]))]),
  );
  const title = titleOf(kernels);
  const measured = new Map(figures);
  const columns = [...new Set([...titles, title])].sort((a, b) => kernelsOf(a) - kernelsOf(b));
  const names = [...new Set([...measured.keys(), ...known.keys()])];
  const row = (name: string) =>
    lineOf([name, ...columns.map((column) => (column === title ? measured.get(name) : known.get(name)?.get(column)) ?? none)]);
  const table = [lineOf([what, ...columns]), `|${"---|".repeat(columns.length + 1)}`, ...names.map(row)];
  return lines.toSpliced(first, length, ...table).join("\n");
};
