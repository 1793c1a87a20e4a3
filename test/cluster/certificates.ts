/** The keys of a test cluster: an authority, what it signs, and kubeconfigs that name them; next: components.ts. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const days = "3650";
const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/** Who a certificate names, and for which hosts it serves (`DNS:` and `IP:` entries). */
type Subject = { name: string; user: string; group: string; hosts?: readonly string[] };

const openssl = (folder: string, args: readonly string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });

/** Makes, in `folder`: ca.crt, ca.key, service-account.key, and for each subject NAME.crt and NAME.key. */
export const makeCertificates = (folder: string, subjects: readonly Subject[]): void => {
  const authority = ["-subj", "/CN=sandcell-test", "-addext", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature"];
  openssl(folder, ["req", "-x509", ...key, ...authority, "-days", days, "-keyout", "ca.key", "-out", "ca.crt"]);
  openssl(folder, ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "service-account.key"]);
  for (const { name, user, group, hosts = [] } of subjects) {
    const uses = [
      "basicConstraints=critical,CA:false",
      "keyUsage=critical,digitalSignature",
      "extendedKeyUsage=serverAuth,clientAuth",
    ];
    if (hosts.length > 0) uses.push(`subjectAltName=${hosts.join(",")}`);
    const request = [...key, "-subj", `/O=${group}/CN=${user}`, ...uses.flatMap((use) => ["-addext", use])];
    const files = ["-keyout", `${name}.key`, "-out", `${name}.crt`];
    openssl(folder, ["req", "-x509", ...request, "-CA", "ca.crt", "-CAkey", "ca.key", "-days", days, ...files]);
  }
};

/** Writes a kubeconfig (JSON, which is YAML too) by which the subject `name` of `folder` speaks to `server`. */
export const writeKubeconfig = (path: string, { server, folder, name }: Record<"server" | "folder" | "name", string>): void => {
  const user = { "client-certificate": join(folder, `${name}.crt`), "client-key": join(folder, `${name}.key`) };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server, "certificate-authority": join(folder, "ca.crt") } }],
    users: [{ name, user }],
    contexts: [{ name: "test", context: { cluster: "test", user: name } }],
    "current-context": "test",
  };
  writeFileSync(path, JSON.stringify(config));
};
