/** What a message's content says, read without trusting that it is there or what it should be; next: model.ts. */

export interface FileLink {
  readonly path: string;
  readonly size: number;
}
/** MIME type -> content as Jupyter sends it; payloads too big for a message are in `links`. */
export interface Bundle {
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly links: Readonly<Record<string, FileLink>>;
}

export function bundleOf(content: Readonly<Record<string, unknown>>, envelope: Readonly<Record<string, unknown>>): Bundle {
  const links: Record<string, FileLink> = {};
  for (const [mime, link] of Object.entries(recordOf(envelope.links))) {
    const { path, size } = recordOf(link);
    if (typeof path === "string") links[mime] = { path, size: typeof size === "number" ? size : 0 };
  }
  return { data: recordOf(content.data), metadata: recordOf(content.metadata), links };
}

export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** Jupyter allows a string or a list of strings. */
export function textOf(value: unknown, separator = ""): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map((part) => textOf(part)).join(separator);
  return value === undefined || value === null ? "" : String(value);
}
