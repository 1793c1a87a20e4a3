/** The kernels that one may ask for, their ids, and what they say of themselves; next: jupyter-kernels.ts. */
import { messageVersion } from "#gateway/compat/jupyter-messages.ts";
import { sessionId } from "#protocol/computation.ts";

export type Spec = { name: string; displayName: string; language: "sage" | "python"; mark: "s" | "p" };

const sage: Spec = { name: "sagemath", displayName: "SageMath", language: "sage", mark: "s" };
const python: Spec = { name: "python3", displayName: "Python 3 (with Sage's library)", language: "python", mark: "p" };
const specs = [sage, python];
export const defaultSpec = sage;

/** Sage's own kernels are called sagemath, sagemath-10.8, SageMath 9.5; undefined for what is not served here. */
export function specOf(name: string | null | undefined): Spec | undefined {
  if (name === undefined || name === null || name === "") return defaultSpec;
  if (/^sage/i.test(name)) return sage;
  return /^python3?$/i.test(name) ? python : undefined;
}

/**
 * A kernel's id is that of the session in whose place it is, so that any gateway knows it: in five words, since Jupyter Server takes no
 * other ids, and with the kernel's name in its first letter.
 */
export function kernelIdOf(session: string, spec: Spec): string {
  const text = spec.mark + session.slice(1);
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join("-");
}

export function ofKernelId(id: string): { session: string; spec: Spec } | undefined {
  const spec = specs.find(({ mark }) => mark === id[0]);
  const session = sessionId.safeParse(`s${id.slice(1).replaceAll("-", "")}`);
  return spec && session.success && kernelIdOf(session.data, spec) === id ? { session: session.data, spec } : undefined;
}

const specModel = ({ name, displayName, language }: Spec) => ({
  name,
  spec: { argv: [], env: {}, display_name: displayName, language, metadata: {} },
  resources: {},
});
export const kernelspecsModel = {
  default: defaultSpec.name,
  kernelspecs: Object.fromEntries(specs.map((spec) => [spec.name, specModel(spec)])),
};
export const kernelspecModel = (name: string) =>
  Object.hasOwn(kernelspecsModel.kernelspecs, name) ? kernelspecsModel.kernelspecs[name] : undefined;

export const kernelInfo = (spec: Spec, version: string) => ({
  status: "ok",
  protocol_version: messageVersion,
  implementation: "sandcell",
  implementation_version: version,
  // As Sage's own kernel says: front ends colour and save Sage as Python.
  language_info: {
    name: "python",
    version: "3",
    mimetype: "text/x-python",
    file_extension: ".py",
    codemirror_mode: { name: "ipython", version: 3 },
    pygments_lexer: "ipython3",
    nbconvert_exporter: "python",
  },
  banner: `${spec.displayName}, answered by Sandcell ${version}`,
  help_links: [{ text: "Sage Documentation", url: "https://doc.sagemath.org" }],
  debugger: false,
  supported_features: [],
});
