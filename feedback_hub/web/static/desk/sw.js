// The hub puts VERSION, the hash of every file, and FILES, their addresses, in front of this.
// A version is kept whole: files of two versions never meet.
/* global VERSION, FILES */

const KEPT = `desk-${VERSION}`;
const SHELL = "/desk/app/shell";

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(KEPT);
    // All or nothing: a link that breaks in the middle leaves the old version at work.
    await cache.addAll([SHELL, ...FILES].map((address) => new Request(address, { cache: "no-cache" })));
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith("desk-") && name !== KEPT) await caches.delete(name);
    await self.clients.claim();
  })());
});

// Only once nobody is in the middle of something: the app says when.
self.addEventListener("message", (event) => {
  if (event.data === "take over") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== self.location.origin) return;
  const wanted = event.request.mode === "navigate" && pathname === "/desk/app" ? SHELL : pathname;
  if (wanted !== SHELL && !FILES.includes(wanted)) return;
  event.respondWith((async () => {
    const cache = await caches.open(KEPT);
    return (await cache.match(wanted)) || fetch(event.request);
  })());
});
