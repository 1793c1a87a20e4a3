// The options of `npm start`, as data: start.mjs prints them with --help before anything is installed, main.ts reads its command line by them. Next: options-help.mjs.

/**
 * One option. `kind` is how its value is read: 'flag' takes none, 'count' is a whole number >= 0, 'seconds' a number > 0, 'port' 0 to 65535 (0: any free one), 'choice' one of `choices`, 'kernels' a count or `echo` or `echo:N`, 'text' anything.
 * `default` is what holds when it is not given (null: what its help says).
 * @typedef {{ name: string, kind: 'flag' | 'count' | 'seconds' | 'port' | 'choice' | 'kernels' | 'text', value?: string, choices?: string[], default: string | number | boolean | null, help: string }} Option
 */

/** @type {{ title: string, options: Option[] }[]} */
export const optionGroups = [
  {
    title: "Where it listens",
    options: [
      { name: "port", kind: "port", value: "N", default: 8080, help: "the port of the page and the interface" },
      {
        name: "host",
        kind: "text",
        value: "ADDRESS",
        default: "127.0.0.1",
        help: "the address to listen on; 0.0.0.0 opens it to the network",
      },
      {
        name: "frame-port",
        kind: "port",
        value: "N",
        default: 0,
        help: "the port of the second origin, from which HTML that users made is shown; 0 takes a free one",
      },
      {
        name: "metrics-port",
        kind: "port",
        value: "N",
        default: 0,
        help: "the port of the Prometheus metrics; 0 takes a free one",
      },
      {
        name: "frame-url",
        kind: "text",
        value: "URL",
        default: null,
        help: "the address of the second origin, when a proxy stands in front",
      },
      {
        name: "widget-modules-url",
        kind: "text",
        value: "URL",
        default: null,
        help: "where browsers fetch the scripts of other packages' widgets, such as https://cdn.jsdelivr.net/npm; from nowhere when not given",
      },
    ],
  },
  {
    title: "What it keeps",
    options: [
      {
        name: "data",
        kind: "text",
        value: "DIR",
        default: "./data",
        help: "the folder of everything that must outlive a restart",
      },
    ],
  },
  {
    title: "Kernels",
    options: [
      {
        name: "kernels",
        kind: "kernels",
        value: "N|echo[:N]",
        default: 2,
        help: "warm kernels kept idle, about 370 MB of memory each. echo: N (50) kernels that compute NOTHING and answer every code alike, for load tests of everything else",
      },
      {
        name: "kernels-max",
        kind: "count",
        value: "N",
        default: null,
        help: "most kernels at a time, sessions included; what the memory allows when not given",
      },
      {
        name: "isolation",
        kind: "choice",
        value: "WALL",
        choices: ["fork", "sandbox"],
        default: "fork",
        help: "fork: computations follow each other in one sandbox, each in a child of its own; sandbox: a new sandbox for each",
      },
      {
        name: "time-limit-seconds",
        kind: "seconds",
        value: "S",
        default: 60,
        help: "the time limit of a computation that names none",
      },
      {
        name: "time-limit-max-seconds",
        kind: "seconds",
        value: "S",
        default: 120,
        help: "the longest time limit that may be asked for",
      },
      {
        name: "unsafe-without-gvisor",
        kind: "flag",
        default: false,
        help: "run code WITHOUT a sandbox, as this user; never where a stranger can reach it",
      },
    ],
  },
  {
    title: "Who may use it",
    options: [
      {
        name: "token",
        kind: "text",
        value: "TOKEN",
        default: null,
        help: 'clients must send this as "Authorization: Bearer TOKEN"; anyone may compute when not given',
      },
    ],
  },
  {
    title: "This command",
    options: [
      { name: "install-only", kind: "flag", default: false, help: "install what is missing, then exit" },
      { name: "help", kind: "flag", default: false, help: "print this and exit" },
    ],
  },
];

/** @type {Option[]} */
export const options = optionGroups.flatMap((group) => group.options);
