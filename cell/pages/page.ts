/** The start page's own script: examples, a link that carries the code, and how to embed; next: ../define.ts (the cell). */
import type { SageCell } from "../sage-cell.ts";

const examples: readonly (readonly [string, string])[] = [
  ["Plot", "plot(sin(x), (x, 0, 6))"],
  ["Integral", "integrate(x^2 * sin(x), x)"],
  ["Factor", "factor(2^127 - 2)"],
  ["Matrix", "A = matrix(QQ, 3, [2, 1, 0, 1, 2, 1, 0, 1, 2])\nA.inverse()"],
  ["3-D", "var('y')\nplot3d(sin(x * y), (x, -2, 2), (y, -2, 2))"],
  ["Table", "table([(n, factor(n)) for n in [10..15]], header_row=['n', 'factors'])"],
  ["Question", "name = input('What is your name? ')\nprint('Hello,', name)"],
  ["A file", "with open('squares.csv', 'w') as f:\n    for n in range(1, 11):\n        f.write(f'{n},{n^2}\\n')"],
];

const cell = document.getElementById("cell") as SageCell;
const said = document.getElementById("shared") as HTMLElement;

for (const [name, code] of examples) {
  const choice = document.createElement("button");
  choice.type = "button";
  choice.textContent = name;
  choice.addEventListener("click", () => {
    cell.value = code;
    void cell.run();
  });
  const item = document.createElement("li");
  item.append(choice);
  document.getElementById("examples")?.append(item);
}

const shared = /^#code=(.+)$/.exec(location.hash)?.[1];
if (shared !== undefined) {
  try {
    cell.value = decodeURIComponent(shared);
  } catch {
    said.textContent = "The link's code could not be read.";
  }
}

document.getElementById("share")?.addEventListener("click", () => {
  const link = `${location.origin}${location.pathname}#code=${encodeURIComponent(cell.value)}`;
  history.replaceState(null, "", link);
  navigator.clipboard.writeText(link).then(
    () => {
      said.textContent = "Copied.";
    },
    () => {
      said.textContent = "It is in the address bar.";
    },
  );
});

const embed = document.getElementById("embed");
if (embed) {
  embed.textContent = `<script type="module" src="${location.origin}/cell.js"></script>\n<sage-cell><pre>factor(2^64 - 1)</pre></sage-cell>`;
}

fetch("/v1/settings")
  .then((answer) => answer.json())
  .then(({ gvisor }: { gvisor: boolean }) => {
    const warning = document.getElementById("unsafe");
    if (warning) warning.hidden = gvisor;
  })
  .catch(() => {});
