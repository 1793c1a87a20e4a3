/** `window.sagecell` as far as all of its parts share it: the server's address, kernels, what is loaded later; next: kernel.ts. */
import type { PageKernel } from "./kernel.ts";

export type Parts = typeof import("../embedded-parts.ts");

export interface Sagecell {
  /** Where the script came from. */
  home: string;
  /** Another server, if the page says so. */
  root?: string;
  quietMode: boolean;
  /** A page may wrap this: it is always reached by its name here. */
  kernels: (PageKernel | null)[];
  linkKeys: Record<string, number>;
  makeSagecell?: unknown;
  [more: string]: unknown;
}

export const sagecell: Sagecell = { home: "", quietMode: false, kernels: [], linkKeys: {} };

/** The server, with a slash at its end. */
export function serverRoot(): string {
  const named = window.sagecell?.root ?? document.querySelector<HTMLLinkElement>('link[property="sagecell-root"]')?.href;
  const root = new URL(named ?? sagecell.home, document.baseURI).href;
  return root.endsWith("/") ? root : `${root}/`;
}

let parts: Promise<Parts> | undefined;

/** A failed download is tried again by who asks next. */
export function loadParts(): Promise<Parts> {
  const address = new URL("embedded-parts.js", sagecell.home).href;
  parts ??= (import(address) as Promise<Parts>).catch((error) => {
    parts = undefined;
    throw error;
  });
  return parts;
}

let frames: Promise<string | undefined> | undefined;

/** The page of the second origin in which HTML is shown; undefined: the server has none. */
export function frameUrl(): Promise<string | undefined> {
  frames ??= fetch(`${serverRoot()}v1/settings`, { credentials: "omit" })
    .then((answer) => answer.json() as Promise<{ frameOrigin?: string }>)
    .then(({ frameOrigin }) => frameOrigin && new URL("/frame/frame.html", new URL(frameOrigin, serverRoot())).href)
    .catch(() => {
      frames = undefined;
      return undefined;
    });
  return frames;
}

export const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
export const textOf = (value: unknown): string => (Array.isArray(value) ? value.map(textOf).join("") : String(value ?? ""));
