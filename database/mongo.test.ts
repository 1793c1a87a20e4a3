/** The contract of `Documents`, kept by mongoose on a server that speaks MongoDB's protocol; next: archive.test.ts. */
import { documentsContract } from "#database/documents-contract.ts";
import { openMongo } from "#database/mongo.ts";
import { type MongoServer, startMongoServer } from "#test/mongo-server.ts";

describe("Documents in MongoDB", () => {
  let server: MongoServer;
  beforeAll(async () => {
    server = await startMongoServer();
  }, 300_000);
  afterAll(async () => server.stop());
  documentsContract(async () => openMongo(server.url));
});
