/** Documents in MongoDB through mongoose, for clusters with several gateways; next: open.ts (which of the two). */
import mongoose from "mongoose";
import { tellingAway } from "#database/away.ts";
import {
  type Collection,
  type Database,
  type Documents,
  type Fields,
  limits,
  type Query,
  type Stored,
} from "#database/documents.ts";
import { makeCursor, type Plan, plan, storable } from "#database/storable.ts";

const duplicateKey = 11000;

/** Connects, or rejects after ten seconds. A write is answered when a majority has it in its journal. */
export async function connectMongo(url: string): Promise<mongoose.Connection> {
  return mongoose
    .createConnection(url, {
      autoIndex: false,
      autoCreate: false,
      bufferCommands: false,
      maxPoolSize: 20,
      serverSelectionTimeoutMS: 10_000,
      socketTimeoutMS: 30_000,
      writeConcern: { w: "majority", journal: true },
      readPreference: "primary",
    })
    .asPromise();
}

export async function openMongo(url: string): Promise<Database> {
  const connection = await connectMongo(url);
  return {
    collection: async (collection) => tellingAway(await mongoDocuments(connection, collection), isMongos),
    close: async () => connection.close(),
  };
}

const isMongos = (error: unknown) => error instanceof mongoose.mongo.MongoError || error instanceof mongoose.MongooseError;

async function mongoDocuments<T extends Fields>(
  connection: mongoose.Connection,
  collection: Collection<T>,
): Promise<Documents<T>> {
  // The zod schema has checked everything: mongoose keeps its hands off (`lean`: no defaults, no casts, no empty objects removed).
  const shape = new mongoose.Schema({ _id: String }, { strict: false, versionKey: false, autoIndex: false });
  const model = connection.model(collection.name, shape, collection.name);
  for (const [name, fields] of Object.entries(collection.indexes))
    await model.collection.createIndex(Object.fromEntries([...fields, "_id"].map((field) => [field, 1])), { name });
  const read = (row: unknown): Stored<T> => {
    const { version, ...fields } = row as Stored<T>;
    return { ...collection.schema.parse(fields), version };
  };

  return {
    async insert(documents) {
      if (documents.length > limits.insert) throw new RangeError(`at most ${limits.insert} documents at once`);
      const rows = documents.map((document) => ({ ...storable(collection, document), version: 1 }));
      if (rows.length === 0) return [];
      const isNew = rows.map(() => true);
      try {
        await model.insertMany(rows, { ordered: false, lean: true });
      } catch (error) {
        if (!(error instanceof mongoose.mongo.MongoBulkWriteError)) throw error;
        const failures = [error.writeErrors].flat();
        // A broken connection comes as this error too, with no failed write to name.
        if (failures.length === 0 || error.result.getWriteConcernError()) throw error;
        for (const failed of failures) {
          if (failed.code !== duplicateKey) throw error;
          isNew[failed.index] = false;
        }
      }
      return isNew;
    },
    async get(id) {
      const row = await model.findOne({ _id: { $eq: id } }).lean();
      return row ? read(row) : undefined;
    },
    async find(query) {
      const planned = plan(collection, query);
      const rows = await model.find(filter(planned)).sort(sort(planned)).limit(planned.limit).lean();
      const documents = rows.map(read);
      const last = documents.at(-1);
      return last && documents.length === planned.limit
        ? { documents, cursor: makeCursor(planned.order, last) }
        : { documents };
    },
    async replace(document) {
      const fields = storable(collection, document);
      const replacement = { ...fields, version: document.version + 1 };
      // The driver's own collection: mongoose's replaceOne would make a document of it first, field by field.
      const { matchedCount } = await connection
        .collection<Stored<Fields>>(collection.name)
        .replaceOne({ _id: fields._id, version: document.version }, replacement);
      return matchedCount === 1 ? replacement : undefined;
    },
    async delete(query: Query) {
      const planned = plan(collection, query);
      const rows = await model.find(filter(planned), { _id: 1 }).sort(sort(planned)).limit(planned.limit).lean();
      if (rows.length === 0) return 0;
      const { deletedCount } = await model.deleteMany({ _id: { $in: rows.map((row) => row._id) } });
      return deletedCount;
    },
  };
}

type Condition = Record<string, unknown>;

function filter(planned: Plan): Condition {
  const terms: Condition[] = planned.equals.map(({ field, value }) => ({ [field]: { $eq: value } }));
  if (planned.above) terms.push({ [planned.above.field]: { $gt: planned.above.value } });
  if (planned.atMost) terms.push({ [planned.atMost.field]: { $lte: planned.atMost.value } });
  const { after } = planned;
  const further = planned.descending ? "$lt" : "$gt";
  if (after)
    terms.push({
      $or: planned.order.map((field, i) => ({
        ...Object.fromEntries(planned.order.slice(0, i).map((earlier, j) => [earlier, { $eq: after[j] }])),
        [field]: { [further]: after[i] },
      })),
    });
  return terms.length > 0 ? { $and: terms } : {};
}

const sort = (planned: Plan): Record<string, 1 | -1> =>
  Object.fromEntries(planned.order.map((field) => [field, planned.descending ? -1 : 1]));
