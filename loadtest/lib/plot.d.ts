/** Types of plot.js for what runs in Node; next: settings.js. */
export function escaped(text: unknown): string;
export function short(value: number): string;
export function linePlot(of: {
  title: string;
  unit: string;
  places: string[];
  lines: { name: string; values: (number | undefined)[] }[];
  powers?: boolean;
  alone?: boolean;
}): string;
