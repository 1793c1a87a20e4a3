/** The real nginx with our sample configuration, on a free port; next: docs/nginx/nginx.test.ts. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "#test/nats-server.ts";

const sample = join(import.meta.dirname, "../docs/nginx/sandcell.conf");

/** nginx is a package of every Debian: installed where a test may do that. */
export function nginxBinary(): string {
  const path = `${process.env.PATH}:/usr/sbin:/sbin`;
  const find = () => execFileSync("sh", ["-c", "command -v nginx || true"], { env: { PATH: path }, encoding: "utf8" }).trim();
  if (find() === "" && process.getuid?.() === 0)
    execFileSync("sh", ["-c", "apt-get update && apt-get install -y --no-install-recommends nginx-light"], {
      env: { PATH: path, DEBIAN_FRONTEND: "noninteractive" },
      stdio: "ignore",
      timeout: 240_000,
    });
  const found = find();
  if (found === "") throw new Error("nginx is not installed: apt-get install nginx-light");
  return found;
}

export type Nginx = { url: string; pid: number; error: () => string; stop: () => Promise<void> };

/** `replace` says what an admin would change in the sample; each text must be there. */
export async function startNginx(replace: readonly (readonly [string, string])[]): Promise<Nginx> {
  const binary = nginxBinary();
  const folder = mkdtempSync(join(tmpdir(), "sandcell-nginx-"));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, "temporary"));
  const port = await freePort();
  let text = readFileSync(sample, "utf8");
  for (const [from, to] of [["listen 80;", `listen 127.0.0.1:${port};`] as const, ...replace]) {
    if (!text.includes(from)) throw new Error(`the sample has no ${from}`);
    text = text.replaceAll(from, to);
  }
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const main = [
    "daemon off; worker_processes 1;",
    process.getuid?.() === 0 ? "user root;" : "", // the store of a test belongs to whoever runs it
    `pid ${join(folder, "nginx.pid")}; error_log ${join(folder, "error.log")} warn;`,
    "events { worker_connections 512; }",
    "http {",
    "  access_log off; include /etc/nginx/mime.types; server_names_hash_bucket_size 64;",
    ...paths.map((name) => `  ${name}_temp_path ${join(folder, "temporary", name)};`),
    text,
    "}",
  ].join("\n");
  writeFileSync(join(folder, "nginx.conf"), main);
  writeFileSync(join(folder, "error.log"), "");
  const child = spawn(binary, ["-p", folder, "-e", join(folder, "error.log"), "-c", join(folder, "nginx.conf")], {
    stdio: "ignore",
  });
  const error = () => readFileSync(join(folder, "error.log"), "utf8");
  await answering(port, child, error);
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid as number,
    error,
    stop: async () => {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await gone;
      rmSync(folder, { recursive: true });
    },
  };
}

async function answering(port: number, child: ChildProcess, error: () => string): Promise<void> {
  const giveUp = Date.now() + 10_000;
  while (Date.now() < giveUp) {
    if (child.exitCode !== null) break;
    const reached = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (reached) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`nginx did not start: ${error()}`);
}
