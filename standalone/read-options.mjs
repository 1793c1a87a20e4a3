// Reads a command line by options.mjs, and prints the help. PURE. Next: install/places.mjs.
import { optionGroups, options } from "./options.mjs";

const columnsOfOption = 32;
const columnsOfHelp = 80;

/** @param {import("./options.mjs").Option} option */
const readValue = (option, text) => {
  const number = Number(text);
  const whole = text !== "" && Number.isInteger(number) && number >= 0;
  switch (option.kind) {
    case "count":
      return whole ? { value: number } : { mistake: "takes a whole number" };
    case "port":
      return whole && number <= 65535 ? { value: number } : { mistake: "takes a number from 0 to 65535" };
    case "seconds":
      return text !== "" && number > 0 && Number.isFinite(number)
        ? { value: number }
        : { mistake: "takes a number of seconds above 0" };
    case "choice":
      return option.choices?.includes(text) ? { value: text } : { mistake: `takes one of: ${option.choices?.join(", ")}` };
    default:
      return text === "" ? { mistake: "takes a value" } : { value: text };
  }
};

/**
 * `--name VALUE`, `--name=VALUE` or `--flag`. Returns every option's value by its name (its default when not given) and all mistakes, in words.
 * @param {readonly string[]} argv
 */
export const readOptions = (argv) => {
  const values = Object.fromEntries(options.map((option) => [option.name, option.default]));
  const mistakes = [];
  for (let at = 0; at < argv.length; at++) {
    const [, name, , attached] = /^--([a-z-]+)(=(.*))?$/s.exec(argv[at]) ?? [];
    const option = options.find((one) => one.name === name);
    if (!option) mistakes.push(`${argv[at]}: there is no such option`);
    else if (option.kind === "flag") {
      if (attached === undefined) values[option.name] = true;
      else mistakes.push(`--${name} takes no value`);
    } else {
      const text = attached ?? argv[++at] ?? "";
      const { value, mistake } = readValue(option, text);
      if (mistake) mistakes.push(`--${name} ${mistake}, not "${text}"`);
      else values[option.name] = value;
    }
  }
  return { values, mistakes };
};

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
