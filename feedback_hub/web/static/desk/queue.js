// Reports that wait, and the numbers that came back for them. Whatever says something is sealed;
// in the open stand only an id, an order, how large it is and how far sending has come.

import { seal, sealBytes, unseal, unsealBytes } from "./lock.js";
import { filesOf } from "./store.js";

export const FORMAT = 1;
const DRAFT = "draft";
const KEPT_NUMBERS = 14 * 24 * 3_600_000;

// Letters and digits that nobody takes for others: what a person is called by until numbers come.
const ALPHABET = "ACDEFHJKMNPRTWXY34679";

export function pickUpCode() {
  const drawn = crypto.getRandomValues(new Uint8Array(4));
  return Array.from(drawn, (one) => ALPHABET[one % ALPHABET.length]).join("");
}

export function makeQueue(store, key) {
  const boundTo = (kind, id) => `${kind}:${FORMAT}:${id}`;

  // What was written by an older version is read as that version wrote it. A format that is newer
  // than this version stays where it is until the app is new enough.
  const readable = (record) => record.format <= FORMAT;
  const opened = (kind, id, record) => unseal(key, record.sealed, `${kind}:${record.format}:${id}`);

  return {
    // The one draft, kept while it is written.
    async keepDraft(draft) {
      const sealed = await seal(key, draft, boundTo("draft", DRAFT));
      await store.put("drafts", DRAFT, { format: FORMAT, sealed });
    },
    async draft() {
      const kept = await store.get("drafts", DRAFT);
      return kept && readable(kept) ? opened("draft", DRAFT, kept) : null;
    },
    async dropDraft(id) {
      await store.change(["drafts", "files"], (in_) => {
        in_.drafts.delete(DRAFT);
        in_.files.delete(filesOf(id));
      });
    },

    // A photo or voice note, sealed the moment it is made.
    async keepFile(id, n, blob) {
      const plain = await blob.arrayBuffer();
      const sealed = await sealBytes(key, plain, boundTo("file", `${id}:${n}`));
      await store.put("files", [id, n], { format: FORMAT, sealed });
    },
    async file(id, n) {
      const kept = await store.get("files", [id, n]);
      return kept ? unsealBytes(key, kept.sealed, `file:${kept.format}:${id}:${n}`) : null;
    },
    dropFile: (id, n) => store.remove("files", [id, n]),

    // From draft to waiting in one step: there is never both, and never neither.
    async handIn(id, report, order, size) {
      const sealed = await seal(key, report, boundTo("report", id));
      await store.change(["queue", "drafts"], (in_) => {
        in_.queue.put({ format: FORMAT, id, order, size, tried: 0, stuck: false, sealed }, id);
        in_.drafts.delete(DRAFT);
      });
    },
    async waiting() {
      return (await store.all("queue")).sort((a, b) => a.order - b.order);
    },
    count: () => store.count("queue"),
    readable,
    record: (id) => store.get("queue", id),
    report: (record) => opened("report", record.id, record),
    async rewrite(record, report) {
      const sealed = await seal(key, report, boundTo("report", record.id));
      await store.put("queue", record.id, { ...record, format: FORMAT, sealed });
    },
    note: (record, changes) => store.put("queue", record.id, { ...record, ...changes }),

    // It is with the hub: gone from here, in the same step in which its numbers are kept.
    async finish(record, numbers) {
      const sealed = numbers ? await seal(key, numbers, boundTo("receipt", record.id)) : null;
      await store.change(["queue", "files", "receipts"], (in_) => {
        in_.queue.delete(record.id);
        in_.files.delete(filesOf(record.id));
        if (sealed) in_.receipts.put({ format: FORMAT, id: record.id, at: Date.now(), sealed }, record.id);
      });
    },

    // Numbers that nobody has given to their person yet; after two weeks nobody comes for them.
    async receipts() {
      const kept = await store.all("receipts");
      const fresh = kept.filter((one) => Date.now() - one.at < KEPT_NUMBERS);
      for (const old of kept) if (!fresh.includes(old)) await store.remove("receipts", old.id);
      const all = await Promise.all(fresh.filter(readable).map(async (one) => ({ id: one.id, at: one.at, ...(await opened("receipt", one.id, one)) })));
      return all.sort((a, b) => b.at - a.at);
    },
    dropReceipt: (id) => store.remove("receipts", id),

    // Whom to find today: sealed, and gone when the day is.
    async keepToday(today) {
      await store.put("cache", "today", { format: FORMAT, sealed: await seal(key, today, boundTo("today", "")) });
    },
    async today(now) {
      const kept = await store.get("cache", "today");
      const today = kept ? await opened("today", "", kept) : null;
      if (today && Date.parse(today.until) > now) return today;
      if (kept) await store.remove("cache", "today");
      return null;
    },
  };
}
