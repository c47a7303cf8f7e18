// Conversations in the browser's own database. They never leave it, but for what is asked of the daemon.

const NAME = "interleaved";

let opening = null;

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("conversations", { keyPath: "id" });
      request.result.createObjectStore("turns", { keyPath: "id" }).createIndex("conversation", "conversation");
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opening;
}

/** Runs a transaction; `body` gets the stores and may return a request, whose result is the promise's. */
async function transact(stores, mode, body) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(stores, mode);
    const request = body(...stores.map((name) => transaction.objectStore(name)));
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

/** All conversations, the latest first, without their turns. */
export async function listConversations() {
  const all = await transact(["conversations"], "readonly", (store) => store.getAll());
  return all.sort((a, b) => b.updated - a.updated);
}

/** Keeps a conversation's name and where one is in it. */
export function saveConversation(conversation) {
  return transact(["conversations"], "readwrite", (store) => store.put(conversation));
}

/** Keeps a turn. */
export function saveTurn(turn) {
  return transact(["turns"], "readwrite", (store) => store.put(turn));
}

/** The turns of a conversation by their names. */
export async function loadTurns(conversation) {
  const all = await transact(["turns"], "readonly", (store) => store.index("conversation").getAll(conversation));
  return new Map(all.sort((a, b) => a.created - b.created).map((turn) => [turn.id, turn]));
}

/** Forgets a conversation. */
export function deleteConversation(id) {
  return transact(["conversations", "turns"], "readwrite", (conversations, turns) => {
    conversations.delete(id);
    const names = turns.index("conversation").getAllKeys(id);
    names.onsuccess = () => names.result.forEach((name) => turns.delete(name));
  });
}
