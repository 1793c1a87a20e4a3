/** A database that does not answer, told in our words whichever it is; next: sqlite.ts, mongo.ts (what they call so). */
import type { Documents, Fields } from "#database/documents.ts";
import { Failure } from "#protocol/failures.ts";

/** The same documents; errors that `isAway` knows for the database's own become the failure `unavailable`, with their cause. */
export const tellingAway = <T extends Fields>(documents: Documents<T>, isAway: (error: unknown) => boolean): Documents<T> => {
  const told =
    <Given extends unknown[], Found>(ask: (...given: Given) => Promise<Found>) =>
    async (...given: Given): Promise<Found> => {
      try {
        return await ask(...given);
      } catch (error) {
        throw isAway(error) ? new Failure("unavailable", { detail: "The database does not answer.", cause: error }) : error;
      }
    };
  return {
    insert: told(documents.insert),
    get: told(documents.get),
    find: told(documents.find),
    replace: told(documents.replace),
    delete: told(documents.delete),
  };
};
