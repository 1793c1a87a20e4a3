// Versions as numbers: which of two is newer, and of what day a runsc is. Next: runsc.mjs.

/** The first dotted number in a text: "go version go1.26.8 linux" -> [1, 26, 8]; null when there is none. */
export const versionIn = (text) => {
  const found = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text ?? "");
  return found?.slice(1).map((part) => Number(part ?? 0)) ?? null;
};

export const atLeast = (version, wanted) => {
  if (!version) return false;
  for (const [place, want] of wanted.entries()) {
    const have = version[place] ?? 0;
    if (have !== want) return have > want;
  }
  return true;
};

/** "runsc version release-20260817.0\nspec: ..." -> 20260817; 0 when it names no day. */
export const runscDay = (text) => Number(/^runsc version \D*(20\d{6})/m.exec(text ?? "")?.[1] ?? 0);
