/** The chart as helm renders it, for the plain manifests and the tests; next: manifests.ts. */
import { execFileSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { root } from "#test/tree.ts";

export const chartFolder = join(root, "charts/sandcell");
/** What is rendered when no cluster is asked. */
const kubernetesVersion = "1.34.4";
const helmMsMax = 60_000;

/** The one that the installer of the cluster's tests built, or the one on PATH. */
function helmPath(): string {
  const { SANDCELL_KUBERNETES_PATH: folder, SANDCELL_CACHE: cache } = process.env;
  const bin = join(cache ?? join(homedir(), ".cache/sandcell"), "bin");
  const places = [...(folder ? [join(folder, "helm")] : []), ...globSync(join(bin, "{kubernetes-*/helm,helm-*}"))];
  return places.find((path) => existsSync(path)) ?? "helm";
}

export type Manifest = {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
} & Record<string, unknown>;

/** Throws an Error whose message is what helm said. */
export function helm(...args: string[]): string {
  try {
    return execFileSync(helmPath(), args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: helmMsMax });
  } catch (error) {
    throw new Error((error as { stderr?: string }).stderr || String(error));
  }
}

export type Rendering = { release?: string; namespace?: string; values?: readonly string[]; files?: readonly string[] };

/** `values` are KEY=VALUE as on the command line, `files` paths of values files. */
export const renderText = ({ release = "sandcell", namespace = "sandcell", values = [], files = [] }: Rendering = {}): string =>
  helm(
    ...["template", release, chartFolder, "--namespace", namespace, "--kube-version", kubernetesVersion],
    ...values.flatMap((value) => ["--set", value]),
    ...files.flatMap((file) => ["--values", file]),
  );

export const parseManifests = (text: string): Manifest[] =>
  parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);

export const render = (rendering: Rendering = {}): Manifest[] => parseManifests(renderText(rendering));
