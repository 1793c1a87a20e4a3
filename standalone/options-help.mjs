// The help of `npm start`, made of options.mjs. PURE. Next: install/places.mjs.
import { optionGroups } from "./options.mjs";

const columnsOfOption = 32;
const columnsOfHelp = 80;

const wrapped = (text) => {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.length - 1;
    if (lines[last].length + word.length + 1 > columnsOfHelp) lines.push(word);
    else lines[last] += lines[last] ? ` ${word}` : word;
  }
  return lines;
};

const optionHelp = ({ name, value, choices, default: standard, help }) => {
  const left = `  --${name}${choices ? ` ${choices.join("|")}` : value ? ` ${value}` : ""}`;
  const lines = wrapped(standard === null || standard === false ? help : `${help} (${standard})`);
  return lines.map((line, number) => `${(number ? "" : left).padEnd(columnsOfOption)}${line}`).join("\n");
};

export const helpText = () =>
  [
    "npm start -- [OPTIONS]",
    "",
    "Installs what is missing, then serves SageMath computations on this machine. Ctrl-C stops everything it started.",
    ...optionGroups.map(({ title, options: group }) => `\n${title}:\n${group.map(optionHelp).join("\n")}`),
    "",
    "Big things (Sage, gVisor, nats-server) are kept in ~/.cache/sandcell, or in the folder that SANDCELL_CACHE names.",
  ].join("\n");
