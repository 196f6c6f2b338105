// What is kept on the device: one database for the device, one for each person who works with it.

const STORES = ["meta", "queue", "files", "drafts", "receipts", "cache"];

function asked(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export async function openStore(name) {
  const opening = indexedDB.open(name, 1);
  // Stores are only ever added: what an older version wrote stays where it is.
  opening.onupgradeneeded = () => {
    for (const store of STORES) {
      if (!opening.result.objectStoreNames.contains(store)) opening.result.createObjectStore(store);
    }
  };
  const db = await asked(opening);
  // Another tab with a newer version may open it.
  db.onversionchange = () => db.close();

  const reading = (store) => db.transaction(store).objectStore(store);

  // One transaction: all of it is kept, or none; on the disk before it counts as done.
  function change(stores, work) {
    return new Promise((resolve, reject) => {
      const transaction = db.transaction(stores, "readwrite", { durability: "strict" });
      transaction.oncomplete = () => resolve();
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
      work(Object.fromEntries(stores.map((store) => [store, transaction.objectStore(store)])));
    });
  }

  return {
    change,
    get: (store, key) => asked(reading(store).get(key)),
    keys: (store, range) => asked(reading(store).getAllKeys(range)),
    all: (store) => asked(reading(store).getAll()),
    count: (store) => asked(reading(store).count()),
    put: (store, key, value) => change([store], (in_) => in_[store].put(value, key)),
    remove: (store, key) => change([store], (in_) => in_[store].delete(key)),
  };
}

// Every file of one report.
export function filesOf(id) {
  return IDBKeyRange.bound([id, 0], [id, Number.MAX_SAFE_INTEGER]);
}
