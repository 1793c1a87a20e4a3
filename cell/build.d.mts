/** What build.mjs offers to tests and to the starter. */
export interface Weight {
  readonly files: number;
  readonly bytes: number;
  readonly gzip: number;
}
/** Builds into `dist` (cell/dist if not given) and says what each part weighs. */
export function buildCell(dist?: string): Promise<Readonly<Record<string, Weight>>>;
/** The same, but builds only if a source is newer than what is built. */
export function ensureCell(dist?: string): Promise<Readonly<Record<string, Weight>>>;
