/** nats-server on one machine: its keys, its configuration, and the credential of each kernel; next: memory-wall.ts. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Algorithms, encodeAccount, encodeOperator, encodeUser, fmtCreds } from "@nats-io/jwt";
import { createAccount, createOperator, createUser, fromSeed, type KeyPair } from "@nats-io/nkeys";
import { kernelConnectionLimits, kernelPermissions } from "#protocol/subjects.ts";
import { type DataFolder, keptSecret, writePrivate } from "#standalone/data-folder.ts";

/** The gateway's records carry code and may be bigger than a kernel's. */
const servicePayloadMax = 8 * 1024 * 1024;

export type NatsSetup = {
  configPath: string;
  serviceCredentialFile: string;
  /** Of the system account: may ask the server about itself. */
  systemCredentialFile: string;
  kernelCredential: (kernel: string, lifeMs: number) => Promise<string>;
};

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const keptKeys = (folder: DataFolder, name: string, make: () => KeyPair): KeyPair =>
  fromSeed(new TextEncoder().encode(keptSecret(folder, name, () => text(make().getSeed()))));

/**
 * Kernels are let in by tokens that our account's key signs (the key stays with the supervisor), so one is added without telling
 * the server; each holds its own rights and its end inside. Writes the configuration and the service's credential.
 */
export const setUpNats = async (folder: DataFolder, port: number): Promise<NatsSetup> => {
  const operator = keptKeys(folder, "nats-operator", createOperator);
  const system = keptKeys(folder, "nats-system-account", createAccount);
  const account = keptKeys(folder, "nats-account", createAccount);
  const service = keptKeys(folder, "nats-service-user", createUser);

  const version = { algorithm: Algorithms.v2 };
  const unlimited = { subs: -1, conn: -1, leaf: -1, imports: -1, exports: -1, data: -1, payload: -1, wildcards: true };
  const jetstream = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
  const accountToken = await encodeAccount(
    "sandcell",
    account,
    { limits: { ...unlimited, ...jetstream } },
    { signer: operator, ...version },
  );
  const config = {
    listen: `127.0.0.1:${port}`,
    server_name: "sandcell",
    max_payload: servicePayloadMax,
    jetstream: { store_dir: join(folder.natsPath, "jetstream") },
    operator: await encodeOperator("sandcell", operator, { system_account: system.getPublicKey() }, version),
    system_account: system.getPublicKey(),
    resolver: "MEMORY",
    resolver_preload: {
      [account.getPublicKey()]: accountToken,
      [system.getPublicKey()]: await encodeAccount("system", system, { limits: unlimited }, { signer: operator, ...version }),
    },
  };
  const configPath = join(folder.natsPath, "nats-server.conf");
  writeFileSync(configPath, JSON.stringify(config, null, 1), { mode: 0o600 });

  const serviceToken = await encodeUser("service", service, account, { subs: -1, data: -1, payload: -1 }, version);
  const serviceCredentialFile = join(folder.secretsPath, "service.creds");
  writePrivate(serviceCredentialFile, text(fmtCreds(serviceToken, service)));

  const watcher = createUser();
  const watcherToken = await encodeUser("watcher", watcher, system, { subs: -1, data: -1, payload: -1 }, version);
  const systemCredentialFile = join(folder.secretsPath, "system.creds");
  writePrivate(systemCredentialFile, text(fmtCreds(watcherToken, watcher)));

  const kernelCredential = async (kernel: string, lifeMs: number) => {
    const user = createUser();
    const { publish, subscribe } = kernelPermissions(kernel);
    const rights = {
      pub: { allow: publish, deny: [] },
      sub: { allow: subscribe, deny: [] },
      ...kernelConnectionLimits,
      data: -1,
      allowed_connection_types: ["STANDARD" as const],
    };
    const until = Math.floor((Date.now() + lifeMs) / 1000);
    return text(fmtCreds(await encodeUser(kernel, user, account, rights, { exp: until, ...version }), user));
  };
  return { configPath, serviceCredentialFile, systemCredentialFile, kernelCredential };
};
