// What the device keeps of people is sealed with AES-256-GCM under a random key. That key is wrapped
// under one that PBKDF2 makes of the PIN, and once more under a key that only the hub has, for the
// day the PIN is forgotten. Neither PIN nor keys are ever stored.

const ROUNDS = 600_000; // PBKDF2-HMAC-SHA256, OWASP Password Storage Cheat Sheet
export const SHORTEST = 6;
const FREE_TRIES = 3;
const FIRST_WAIT = 30_000;
const LONGEST_WAIT = 3_600_000;

const bytes = (n) => crypto.getRandomValues(new Uint8Array(n));
const encoded = (text) => new TextEncoder().encode(text);
const aes = (raw) => crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);

async function keyOfPin(pin, salt, rounds) {
  const typed = await crypto.subtle.importKey("raw", encoded(pin.normalize("NFKC")), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds };
  return crypto.subtle.deriveKey(how, typed, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

async function keyOfHex(hex) {
  return aes(Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16)));
}

async function encrypt(key, plain, boundTo) {
  const iv = bytes(12);
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: encoded(boundTo) }, key, plain);
  return { iv, data: new Uint8Array(data) };
}

async function decrypt(key, sealed, boundTo) {
  return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: sealed.iv, additionalData: encoded(boundTo) }, key, sealed.data));
}

// A new lock and the key it holds. `rescue` is the hub's key for this device, in hex.
export async function makeLock(pin, rescue) {
  const raw = bytes(32);
  const lock = { format: 1, tries: 0, triedAt: 0, ...(await wrapped(raw, pin)), rescue: await encrypt(await keyOfHex(rescue), raw, "rescue") };
  const key = await aes(raw);
  raw.fill(0);
  return { lock, key };
}

async function wrapped(raw, pin) {
  const salt = bytes(16);
  return { salt, rounds: ROUNDS, pin: await encrypt(await keyOfPin(pin, salt, ROUNDS), raw, "pin") };
}

// How long, in ms, until the next try counts. A clock that was turned back gains nothing.
export function waitFor(lock, now) {
  if (lock.tries < FREE_TRIES) return 0;
  const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (lock.tries - FREE_TRIES));
  return now < lock.triedAt ? wait : Math.max(0, lock.triedAt + wait - now);
}

// The key, or null for a wrong PIN. The try is written down before it is made: killing the app
// between two tries saves nobody the wait. `keep` stores the lock.
export async function openLock(lock, pin, now, keep) {
  const tried = { ...lock, tries: lock.tries + 1, triedAt: now };
  await keep(tried);
  try {
    const raw = await decrypt(await keyOfPin(pin, lock.salt, lock.rounds), lock.pin, "pin");
    const key = await aes(raw);
    raw.fill(0);
    await keep({ ...tried, tries: 0 });
    return key;
  } catch (error) {
    if (error.name !== "OperationError") throw error;
    return null;
  }
}

// A new PIN for what is there, with the hub's key. Throws where the key is another device's.
export async function rescueLock(lock, rescue, pin) {
  const raw = await decrypt(await keyOfHex(rescue), lock.rescue, "rescue");
  const opened = { ...lock, tries: 0, triedAt: 0, ...(await wrapped(raw, pin)) };
  const key = await aes(raw);
  raw.fill(0);
  return { lock: opened, key };
}

export async function seal(key, value, boundTo) {
  return encrypt(key, encoded(JSON.stringify(value)), boundTo);
}

export async function unseal(key, sealed, boundTo) {
  return JSON.parse(new TextDecoder().decode(await decrypt(key, sealed, boundTo)));
}

export { encrypt as sealBytes, decrypt as unsealBytes };
