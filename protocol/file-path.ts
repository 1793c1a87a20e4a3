/** The one rule for the names of files that cross a boundary (kernel, agent, gateway, filestore); next: files.ts (their addresses). */
import { z } from "zod";

export const pathBytesMax = 1024;
export const componentBytesMax = 255;
export const pathDepthMax = 16;

const encoder = new TextEncoder();
const bytes = (text: string) => encoder.encode(text).length;

// C0, DEL and C1 would reach headers, logs and terminals; U+2028/2029 end lines; the bidirectional overrides and isolates
// let `gpj.exe` show as `exe.jpg`; a backslash is a separator to some who read the name.
const forbidden = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\\]/u;

/** Why `path` cannot be the name of a file; undefined: it can. Names are taken as they are, without Unicode normalization. */
export function filePathFault(path: string): string | undefined {
  if (path === "") return "the path is empty";
  if (!path.isWellFormed()) return "the path is not valid Unicode";
  if (bytes(path) > pathBytesMax) return `the path is longer than ${pathBytesMax} bytes`;
  if (forbidden.test(path)) return "the path has a control character, a text direction override or a backslash";
  const components = path.split("/");
  if (components.length > pathDepthMax) return `the path is deeper than ${pathDepthMax} folders`;
  if (components.some((part) => part === "" || part === "." || part === ".."))
    return "the path has an empty, . or .. component";
  if (components.some((part) => bytes(part) > componentBytesMax))
    return `a component is longer than ${componentBytesMax} bytes`;
  if (components.some((part) => part.startsWith(".sandcell"))) return "names that begin with .sandcell are reserved";
  return undefined;
}

/** A relative path with / between its components, such as `data/a.csv`. */
export const filePath = z.string().superRefine((path, context) => {
  const fault = filePathFault(path);
  if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
});
