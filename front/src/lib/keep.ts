// Entries kept in this browser's IndexedDB until the server has them, one record each, in the order they were made.

import type { Entry } from "./wire";

const DATABASE = "askwise";
const STORE = "outbox";

/** Where entries are kept. Both writes may be repeated. */
export interface Keep {
  read(): Promise<Entry[]>;
  put(entry: Entry): Promise<void>;
  drop(event: string): Promise<void>;
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return settled(request);
}

/** The records of one session. Rejects where the browser keeps nothing. */
export function keepOf(session: string): Keep {
  const database = open();
  database.catch(() => undefined); // whoever reads or writes hears of it
  // "strict": flushed to disk before it counts, so that a power cut takes nothing that was shown as kept.
  const write = async (act: (store: IDBObjectStore) => IDBRequest): Promise<void> => {
    const store = (await database).transaction(STORE, "readwrite", { durability: "strict" }).objectStore(STORE);
    await settled(act(store));
  };
  return {
    read: async () => {
      const range = IDBKeyRange.bound([session], [session, []]); // an array sorts after every string
      return settled((await database).transaction(STORE).objectStore(STORE).getAll(range) as IDBRequest<Entry[]>);
    },
    put: (entry) => write((store) => store.put(entry, [session, entry.event])),
    drop: (event) => write((store) => store.delete([session, event])),
  };
}
