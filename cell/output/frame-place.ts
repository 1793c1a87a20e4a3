/** Where HTML output and widgets by scripts of their own are shown: a page of another origin; next: frame-host.ts. */
import type { ServerSettings } from "../connection.ts";

export interface FramePlace {
  readonly url: string;
  /** Where the scripts of other packages' widgets may be fetched; undefined: nowhere. */
  readonly widgetModules: string | undefined;
}

/** `named`: the origin that the page itself names. Undefined: there is none. */
export function framePlace(named: string | null | undefined, settings: ServerSettings): FramePlace | undefined {
  const origin = named ?? settings.frameOrigin;
  // The page's own origin would be no wall at all.
  if (!origin || new URL(origin, document.baseURI).origin === location.origin) return undefined;
  const url = new URL("/frame/frame.html", new URL(origin, document.baseURI)).href;
  return { url, widgetModules: settings.widgetModulesUrl };
}
