/** A real MongoDB-wire server (mongo-java-server, in memory) for the tests of the mongoose side; next: nats-server.ts. */
import { execFile, spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const here = import.meta.dirname;
const project = join(here, "mongo-java-server/pom.xml");
const startMsMax = 30_000;

export type MongoServer = { url: string; stop: () => Promise<void> };

/** The folder of jars, fetched by Maven once for each version of the project file. */
export async function mongoServerJars(): Promise<string> {
  const version = createHash("sha256").update(readFileSync(project)).digest("hex").slice(0, 12);
  const cache = process.env.SANDCELL_CACHE ?? join(homedir(), ".cache/sandcell");
  const folder = join(cache, `mongo-java-server-${version}`);
  if (existsSync(folder)) return folder;
  const making = `${folder}.${randomUUID()}`;
  mkdirSync(making, { recursive: true });
  const goal = "org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies";
  const options = ["-q", "-B", "-f", project, goal, `-DoutputDirectory=${making}`, "-DincludeScope=runtime"];
  await promisify(execFile)("mvn", options, { timeout: 300_000 });
  try {
    renameSync(making, folder);
  } catch {
    rmSync(making, { recursive: true }); // another test was first
  }
  return folder;
}

/** `enter`: a command before it, which runs it where `host` is an address. */
export async function startMongoServer(host = "127.0.0.1", enter: readonly string[] = []): Promise<MongoServer> {
  const jars = await mongoServerJars();
  const script = join(here, "mongo-java-server/start.bsh");
  const java = ["java", "-Xmx512m", "-XX:TieredStopAtLevel=1", `-Dhost=${host}`, "-cp", `${jars}/*`, "bsh.Interpreter", script];
  const [program = "", ...args] = [...enter, ...java];
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "ignore"] });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const port = await new Promise<string>((resolve, reject) => {
    const tooLate = setTimeout(() => child.kill("SIGKILL"), startMsMax);
    createInterface(child.stdout).on("line", (line) => {
      clearTimeout(tooLate);
      if (line.startsWith("listening ")) resolve(line.slice("listening ".length));
    });
    child.once("error", reject);
    void gone.then(() => reject(new Error("mongo-java-server did not start")));
  });
  return {
    url: `mongodb://${host}:${port}/sandcell`,
    stop: async () => {
      child.stdin.end();
      await gone;
    },
  };
}
