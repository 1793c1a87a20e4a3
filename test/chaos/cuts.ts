/** Cuts the network on this machine's loopback for a port or a process, by nftables, and gives it back; next: cell.ts. */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Packets vanish, as on a cut line: nobody is told. */
const cutBy = async (rules: string[]): Promise<() => Promise<void>> => {
  const table = `sandcell_cut_${randomUUID().slice(0, 8)}`;
  const chain = `chain cut { type filter hook output priority 0; ${rules.map((rule) => `oif lo ${rule} drop`).join("; ")}; }`;
  await run("nft", [`table inet ${table} { ${chain}; }`]);
  return async () => {
    await run("nft", ["delete", "table", "inet", table]);
  };
};

/** Whoever serves there is reached by nobody. */
export const cutPort = (port: number) => cutBy([`tcp dport ${port}`, `tcp sport ${port}`]);

/**
 * The connections that the process has made to those servers carry nothing more, and nobody makes a new one: who knocks cannot be told by his
 * packet, and all others are connected already.
 */
export const cutProcess = async (pid: number, servers: number[]) => {
  const { stdout } = await run("ss", ["-Htnp", "state", "established"]);
  const ports = stdout.split("\n").flatMap((line) => {
    const [, , local = "", peer = ""] = line.trim().split(/\s+/);
    const port = (address: string) => Number(address.slice(address.lastIndexOf(":") + 1));
    return line.includes(`pid=${pid},`) && servers.includes(port(peer)) ? [port(local)] : [];
  });
  if (ports.length === 0) throw new Error(`process ${pid} has no connection to ${servers.join(" or ")}`);
  const both = [`tcp sport { ${ports.join(", ")} }`, `tcp dport { ${ports.join(", ")} }`];
  return cutBy([...both, `tcp dport { ${servers.join(", ")} } tcp flags & (syn | ack) == syn`]);
};
