// The desk app: who works with this device, whether it is locked, and which view is shown.

import { el, note } from "./dom.js";
import { makeQueue } from "./queue.js";
import { makeSender } from "./sender.js";
import { NotAllowed, Revoked, SignedOut, call } from "./net.js";
import { openStore } from "./store.js";
import { htmlLang, language, speak, t } from "./words.js";
import { heard } from "./clock.js";
import * as entry from "./entry.js";
import { home, statusStrip } from "./home.js";

const IDLE = 5 * 60_000;
const IDLE_HIGHLY = 60_000;

const root = document.getElementById("desk");
const VERSION = document.querySelector("meta[name=desk-version]").content;
// What is behind the lock is fetched once it is open: the first screen comes sooner.
const views = {
  home: async () => home,
  report: async () => (await import("./form.js")).reportView,
  receipt: async () => (await import("./receipts.js")).receiptView,
  waiting: async () => (await import("./receipts.js")).waitingView,
  today: async () => (await import("./lists.js")).todayView,
  answers: async () => (await import("./lists.js")).answersView,
  listen: async () => (await import("./lists.js")).listenView,
  learn: async () => (await import("./learn.js")).learnView,
};

const desk = {
  version: VERSION, device: null, profile: null, store: null, queue: null, sender: null,
  kit: null, today: null, online: false, state: { state: "start" }, clock: null, draft: null, update: null, view: "",
};

// --- views

function show(screen) {
  root.replaceChildren(screen);
  const heading = root.querySelector("h1");
  if (heading) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
  window.scrollTo(0, 0);
}

// Nothing of what is shown stands in the address or in the browser's history.
desk.go = async (name, options = {}, { replace = false } = {}) => {
  if (!desk.queue) return desk.entrance();
  const next = { name, options: options.keep || {} };
  const same = JSON.stringify(next) === JSON.stringify(history.state);
  history[replace || same ? "replaceState" : "pushState"](next, "");
  return render(name, options);
};

async function render(name, options) {
  desk.view = name;
  const view = await views[name]();
  const screen = await view(desk, options);
  if (desk.view === name && desk.queue) show(screen);
}

window.addEventListener("popstate", (event) => {
  if (!desk.queue) return;
  const { name = "home", options = {} } = event.state || {};
  const gone = (name === "report" && !desk.draft) || name === "receipt";
  render(gone ? "home" : name, gone ? {} : options);
});

desk.refreshStrip = () => {
  const strip = root.querySelector("[data-strip]");
  if (strip) statusStrip(desk).then((made) => strip.replaceWith(made));
};

// --- the lock

let touched = Date.now();
for (const kind of ["pointerdown", "keydown", "input"]) window.addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
setInterval(() => {
  if (desk.queue && Date.now() - touched > (desk.isHighly ? IDLE_HIGHLY : IDLE)) desk.lock();
}, 5_000);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden" && desk.saveDraft) desk.saveDraft();
});

// Keys and everything opened with them leave the memory; what is kept stays sealed.
desk.lock = async () => {
  if (desk.saveDraft) await desk.saveDraft();
  if (desk.sender) desk.sender.stop();
  Object.assign(desk, { queue: null, sender: null, today: null, draft: null, saveDraft: null, isHighly: false, view: "" });
  history.replaceState({ name: "home" }, "");
  await takeUpdate();
  await desk.entrance();
};

desk.opened = async (key) => {
  desk.queue = makeQueue(desk.store, key);
  desk.kit = await desk.store.get("cache", "kit");
  desk.clock = await desk.store.get("meta", "clock") || null;
  desk.draft = await desk.queue.draft();
  desk.today = await desk.queue.today(now());
  const device = await desk.store.get("meta", "device");
  for (const one of await desk.queue.waiting()) if (one.stuck) await desk.queue.note(one, { stuck: false });
  desk.sender = makeSender({
    queue: desk.queue, account: desk.profile.account, device: () => device.secret,
    onState: (state) => {
      const before = desk.state;
      desk.state = state;
      desk.online = !["away", "start"].includes(state.state);
      desk.refreshStrip();
      if (before.left !== state.left || before.state !== state.state) window.dispatchEvent(new Event("desk-sent"));
    },
    onHello, onRevoked: desk.revoked,
  });
  touched = Date.now();
  await desk.go("home", {}, { replace: true });
  desk.sender.nudge();
  // All of it now, while there may be a network: the next press may find none.
  for (const view of Object.values(views)) view().catch(() => {});
};

function now() {
  return Date.now() + (desk.clock ? desk.clock.offset : 0);
}
desk.now = now;

// The hub answered: its time, its version, and once in a while everything the form needs.
async function onHello(answer, clock) {
  desk.clock = clock;
  await desk.store.put("meta", "clock", clock);
  if (answer.account.id !== desk.profile.account) return;
  if (answer.version !== VERSION && desk.worker) desk.worker.update().catch(() => {});
  if (Date.now() - (desk.fetchedAt || 0) < 10 * 60_000 && desk.kit) return;
  desk.fetchedAt = Date.now();
  await fetchKit();
}

async function fetchKit() {
  const device = await desk.store.get("meta", "device");
  const kit = await call("GET", "/api/v1/desk/kit", { device: device.secret });
  for (const script of kit.scripts.filter((one) => one.audio)) {
    const key = `audio:${script.digest}`;
    if (await desk.store.get("cache", key)) continue;
    const answer = await fetch(script.audio).catch(() => null);
    if (answer && answer.ok) await desk.store.put("cache", key, await answer.blob());
  }
  const known = new Set(kit.scripts.map((one) => `audio:${one.digest}`));
  for (const key of await desk.store.keys("cache")) if (key.startsWith("audio:") && !known.has(key)) await desk.store.remove("cache", key);
  await desk.store.put("cache", "kit", kit);
  const first = !desk.kit;
  desk.kit = kit;
  const today = await call("GET", "/api/v1/desk/today", { device: device.secret });
  if (!desk.queue) return;
  await desk.queue.keepToday(today);
  desk.today = today;
  if (desk.view === "home" || first) render("home", {});
}

// Taken out of use from the hub: what was read here is wiped, what waits stays sealed.
desk.revoked = async () => {
  await desk.store.change(["cache", "receipts", "meta"], (in_) => {
    in_.cache.clear();
    in_.receipts.clear();
    in_.meta.put(true, "revoked");
  });
  if (desk.sender) desk.sender.stop();
  Object.assign(desk, { queue: null, sender: null, kit: null, today: null, draft: null, saveDraft: null, isHighly: false, view: "" });
  show(await entry.revoked(desk));
};

// A full device, a picture that cannot be read: said where somebody looks, and what was typed stays.
window.addEventListener("unhandledrejection", (event) => {
  const main = root.querySelector("main");
  if (!main || main.querySelector("[data-fault]")) return;
  const said = note("bad", "overdue", t("not_done"));
  said.setAttribute("role", "alert");
  said.dataset.fault = event.reason && event.reason.name ? event.reason.name : "";
  main.prepend(said);
  said.scrollIntoView({ block: "nearest" });
});

// --- who, and the way in

desk.entrance = async () => {
  desk.state = { state: "start" };
  const last = (await desk.device.get("meta", "last")) || "";
  const profiles = await desk.device.all("cache");
  const own = profiles.find((one) => one.account === last);
  const secret = own ? await secretOf(own.account) : "";
  let hello = null;
  let fault = null;
  try {
    const before = Date.now();
    hello = await call("GET", "/api/v1/desk/hello", { device: secret, timeout: 5_000 });
    desk.clock = heard(Date.parse(hello.now), (before + Date.now()) / 2);
  } catch (error) {
    fault = error;
  }
  desk.online = Boolean(hello) || fault instanceof SignedOut;
  if (fault instanceof Revoked) {
    await use(own);
    return desk.revoked();
  }
  if (hello) return enter({ account: hello.account.id, name: hello.account.name }, hello);
  if (fault instanceof NotAllowed) return show(entry.notAllowed(desk));
  if (profiles.length > 1) return show(entry.chooseProfile(desk, profiles, enter));
  if (profiles.length === 1) return enter(profiles[0], null);
  return show(entry.firstTime(desk, fault instanceof SignedOut));
};

async function secretOf(account) {
  const store = await openStore(`desk-${account}`);
  const device = await store.get("meta", "device");
  return device ? device.secret : "";
}

async function use(profile) {
  desk.profile = profile;
  desk.store = await openStore(`desk-${profile.account}`);
}

async function enter(profile, hello) {
  await use(profile);
  await desk.device.put("meta", "last", profile.account);
  await desk.device.put("cache", profile.account, profile);
  const device = await desk.store.get("meta", "device");
  if (device && (await desk.store.get("meta", "revoked"))) {
    const back = await askAgain(device, hello);
    if (!back) return show(await entry.revoked(desk));
    await desk.store.remove("meta", "revoked");
  }
  const lock = await desk.store.get("meta", "lock");
  if (lock) return show(await entry.unlock(desk, lock, hello));
  if (!hello) return show(entry.firstTime(desk, false));
  return show(entry.choosePin(desk, hello));
}

// Whether a device that was out of use is back in use.
async function askAgain(device, hello) {
  if (!hello) return false;
  try {
    await call("GET", "/api/v1/desk/hello", { device: device.secret, timeout: 5_000 });
    return true;
  } catch {
    return false;
  }
}

desk.setLanguage = async (code) => {
  await speak(code);
  await desk.device.put("meta", "language", code);
  if (desk.queue) await render("home", {});
  else await desk.entrance();
};

// --- a new version

async function takeUpdate() {
  if (desk.worker && desk.worker.waiting && !desk.queue) desk.worker.waiting.postMessage("take over");
}
desk.useUpdate = async () => {
  await desk.lock();
};

async function registerWorker() {
  if (!("serviceWorker" in navigator)) return;
  // The first worker takes over a page that is up to date; each later one brings other files.
  let first = !navigator.serviceWorker.controller;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (!first) location.reload();
    first = false;
  });
  desk.worker = await navigator.serviceWorker.register("/desk/app/sw.js", { scope: "/desk/app", updateViaCache: "none" });
  const look = () => {
    desk.update = Boolean(desk.worker.waiting && navigator.serviceWorker.controller);
    if (desk.update) desk.refreshStrip();
    takeUpdate();
  };
  desk.worker.addEventListener("updatefound", () => desk.worker.installing?.addEventListener("statechange", look));
  look();
}

async function start() {
  desk.device = await openStore("desk");
  const chosen = await desk.device.get("meta", "language");
  await speak(chosen || (navigator.language.startsWith("en") ? "eng" : "por"));
  // Unsent reports are not cleared away when the device runs out of room.
  if (navigator.storage && navigator.storage.persist) navigator.storage.persist().catch(() => {});
  registerWorker().catch(() => {});
  await desk.entrance();
}

start().catch((error) => {
  root.replaceChildren(el("main", { class: "screen stack" }, el("h1", {}, t("broken_title")), note("bad", "overdue", t("broken_text"), `${error.name}`)));
});
