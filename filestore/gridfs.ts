/** Blobs in MongoDB's GridFS, for clusters without a shared disk; next: uploads.ts. */
import { pipeline } from "node:stream/promises";
import mongoose from "mongoose";
import { connectMongo } from "#database/mongo.ts";
import { type Blobs, notFound, uploadMsMax } from "#filestore/blobs.ts";

// GridFS lets several files have one name. Here each upload has an id of its own, and a document whose _id is computation and
// name says which upload has the name. `uploads` knows those without a name yet.
type NameDocument = { _id: string; upload: mongoose.mongo.ObjectId; size: number; modifiedMs: number };
type UploadDocument = { _id: mongoose.mongo.ObjectId; begunMs: number };

const duplicateKey = 11000;

export async function openGridFs(url: string): Promise<Blobs> {
  const connection = await connectMongo(url);
  const { ObjectId, GridFSBucket, MongoServerError } = mongoose.mongo;
  if (!connection.db) throw new Error("the connection has no database");
  const bucket = new GridFSBucket(connection.db, { bucketName: "blobs" });
  const names = connection.collection<NameDocument>("blob_names");
  const uploads = connection.collection<UploadDocument>("blob_uploads");
  const idOf = (computation: string, name: string) => `${computation}/${name}`;
  // "0" is the character after "/": all that begins with the computation and a slash.
  const allOf = (computation: string) => ({ _id: { $gte: `${computation}/`, $lt: `${computation}0` } });

  /** Chunks may be there without a file: of an upload that was cut off. */
  async function forget(upload: mongoose.mongo.ObjectId): Promise<void> {
    await bucket.delete(upload).catch(() => undefined);
    await connection.collection("blobs.chunks").deleteMany({ files_id: upload });
    await uploads.deleteOne({ _id: upload });
  }
  for (const { _id } of await uploads.find({ begunMs: { $lt: Date.now() - uploadMsMax } }).toArray()) {
    if (await names.findOne({ upload: _id })) await uploads.deleteOne({ _id });
    else await forget(_id);
  }
  await names.createIndex({ upload: 1 });

  return {
    async put({ computation, name }, source) {
      const upload = new ObjectId();
      let named = false;
      await uploads.insertOne({ _id: upload, begunMs: Date.now() });
      try {
        const stream = bucket.openUploadStreamWithId(upload, idOf(computation, name));
        await pipeline(source, stream);
        await names.insertOne({ _id: idOf(computation, name), upload, size: stream.length, modifiedMs: Date.now() });
        named = true;
        return true;
      } catch (error) {
        if (error instanceof MongoServerError && error.code === duplicateKey) return false;
        throw error;
      } finally {
        if (named) await uploads.deleteOne({ _id: upload });
        else await forget(upload);
      }
    },
    async find({ computation, name }) {
      const found = await names.findOne({ _id: idOf(computation, name) });
      return found ? { size: found.size, modifiedMs: found.modifiedMs } : undefined;
    },
    async read({ computation, name }, range) {
      const found = await names.findOne({ _id: idOf(computation, name) });
      if (!found) throw notFound();
      return bucket.openDownloadStream(found.upload, { start: range.start, end: range.end + 1 });
    },
    async list(computation) {
      const found = await names.find(allOf(computation)).sort({ _id: 1 }).toArray();
      return found.map(({ _id, size }) => ({ name: _id.slice(computation.length + 1), size }));
    },
    async delete(computation) {
      for (const { _id, upload } of await names.find(allOf(computation)).toArray()) {
        await forget(upload);
        await names.deleteOne({ _id });
      }
    },
    async close() {
      await connection.close();
    },
  };
}
