// How a step is shown: its name, what it does now, and at the end what it made and how long it took. Next: start.mjs.

const drawEveryMs = 200;
const lineEveryMs = 15_000;
const columnsOfName = 28;

/** 18848283 -> "19 MB" */
export const sizeText = (bytes) => {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  if (bytes >= 1e6) return `${Math.round(bytes / 1e6)} MB`;
  return `${Math.max(1, Math.round(bytes / 1e3))} KB`;
};

/** 75300 -> "1 min 15 s", 1234 -> "1.2 s" */
export const timeText = (ms) => {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
};

export const progressLine = ({ name, what, percent, ms }, columns) => {
  const known = percent === undefined ? "" : `${Math.round(percent)}% `;
  const line = `… ${name.padEnd(columnsOfName)} ${known}${timeText(ms)}  ${what}`;
  return columns === undefined ? line : line.slice(0, Math.max(20, columns - 1));
};

export const doneLine = ({ name, result, bytes, ms }) => {
  const made = bytes === undefined ? "ready" : `made${bytes > 0 ? `, ${sizeText(bytes)}` : ""}, ${timeText(ms)}`;
  return `✓ ${name.padEnd(columnsOfName)} ${made}${result ? `  ${result}` : ""}`;
};

/**
 * Runs one step and shows it on `out`: in place on a terminal, else a line now and then and one at the end.
 * `work` is called with `say` and `made` (see places.mjs) and returns what to show as its result, a path for instance.
 */
export const showStep = async (name, work, out = process.stdout) => {
  const start = Date.now();
  const columns = out.isTTY ? out.columns : undefined;
  let what = "";
  let percent;
  let bytes;
  const draw = () => {
    const line = progressLine({ name, what, percent, ms: Date.now() - start }, columns);
    out.write(out.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  };
  const timer = setInterval(draw, out.isTTY ? drawEveryMs : lineEveryMs);
  const clear = () => {
    clearInterval(timer);
    if (out.isTTY) out.write("\r\x1b[K");
  };
  try {
    const say = (newWhat, newPercent) => {
      what = newWhat;
      percent = newPercent;
    };
    const made = (more) => {
      bytes = (bytes ?? 0) + more;
    };
    const result = await work({ say, made });
    clear();
    out.write(`${doneLine({ name, result, bytes, ms: Date.now() - start })}\n`);
    return result;
  } catch (error) {
    clear();
    out.write(`✗ ${name}\n`);
    throw error;
  }
};
