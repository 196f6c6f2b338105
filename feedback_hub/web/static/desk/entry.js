// The way in: the first time, the PIN, a forgotten PIN, and a device that is out of use.

import { button, el, field, icon, note } from "./dom.js";
import { SHORTEST, makeLock, openLock, rescueLock, waitFor } from "./lock.js";
import { Away, call } from "./net.js";
import { language, t, tn } from "./words.js";

export function languageSwitch(desk) {
  const other = language() === "por" ? ["eng", "English", "en"] : ["por", "Português", "pt"];
  return el("button", { type: "button", class: "button button-quiet", lang: other[2], onclick: () => desk.setLanguage(other[0]) }, icon("globe"), el("span", {}, other[1]));
}

function door(desk, ...children) {
  return el("div", { class: "desk-door" },
    el("header", { class: "desk-door-top" }, el("span", { class: "brand-mark" }, icon("mark")), el("span", { class: "brand-name" }, t("title")), languageSwitch(desk)),
    el("main", { class: "screen stack", id: "main" }, ...children));
}

const signIn = () => el("a", { class: "button button-main button-wide", href: "/login?next=/desk/app" }, icon("person"), el("span", {}, t("sign_in")));
const tryAgain = (desk) => button(t("try_again"), "reopen", () => desk.entrance(), { wide: true });

export function firstTime(desk, signedOut) {
  return door(desk,
    el("h1", {}, t("first_title")),
    el("p", {}, signedOut ? t("first_sign_in") : t("first_network")),
    signedOut ? signIn() : tryAgain(desk));
}

export function notAllowed(desk) {
  return door(desk, el("h1", {}, t("not_allowed_title")), el("p", {}, t("not_allowed_text")),
    el("a", { class: "button button-wide", href: "/" }, icon("home"), el("span", {}, t("to_hub"))));
}

export function chooseProfile(desk, profiles, enter) {
  return door(desk, el("h1", {}, t("who_title")),
    el("ul", { class: "stack" }, profiles.map((one) => el("li", {}, button(one.name || t("somebody"), "person", () => enter(one, null), { wide: true })))));
}

export async function revoked(desk) {
  const waiting = await desk.store.count("queue");
  return door(desk,
    el("h1", { class: "with-icon" }, icon("lock"), t("revoked_title")),
    note("bad", "overdue", t("revoked_text")),
    el("p", {}, waiting ? tn("revoked_waiting", waiting) : t("revoked_none")),
    el("p", { class: "quiet" }, t("revoked_do")),
    tryAgain(desk));
}

function pinInput(id, words, hint) {
  const input = el("input", { type: "password", inputmode: "numeric", autocomplete: "off", maxlength: "64", class: "pin" });
  return [input, field(id, words, input, hint)];
}

function fault(form, words) {
  form.querySelector(".error")?.remove();
  const input = form.querySelector("input:not([type=hidden])");
  const said = el("p", { class: "error", id: "pin-error", role: "alert" }, icon("overdue"), words);
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-errormessage", "pin-error");
  input.closest(".field").append(said);
  input.focus();
}

function twice(desk, title, text, done) {
  const [first, firstField] = pinInput("pin", t("pin_new"), t("pin_hint", { n: SHORTEST }));
  const [second, secondField] = pinInput("pin-again", t("pin_again"));
  const go = button(t("pin_set"), "check", null, { main: true, wide: true, type: "submit" });
  const form = el("form", { class: "stack", novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    if (first.value.length < SHORTEST) return fault(form, t("pin_short", { n: SHORTEST }));
    if (/^(.)\1*$/.test(first.value) || "0123456789876543210".includes(first.value)) return fault(form, t("pin_easy"));
    if (first.value !== second.value) return fault(form, t("pin_differs"));
    go.setAttribute("aria-busy", "true");
    try {
      await done(first.value);
    } catch (error) {
      if (!(error instanceof Away)) throw error;
      fault(form, t("needs_network"));
    } finally {
      go.removeAttribute("aria-busy");
    }
  } }, firstField, secondField, go);
  return door(desk, el("h1", {}, title), el("p", {}, text), form);
}

// A new device: the hub gives it a secret and keeps the key for a forgotten PIN.
export function choosePin(desk, hello) {
  return twice(desk, t("pin_title"), t("pin_text"), async (pin) => {
    const made = await call("POST", "/api/v1/desk/devices", { json: {}, csrf: hello.csrf });
    const { lock, key } = await makeLock(pin, made.rescue);
    await desk.store.change(["meta"], (in_) => {
      in_.meta.put({ id: made.id, secret: made.secret }, "device");
      in_.meta.put(lock, "lock");
    });
    await desk.opened(key);
  });
}

export async function unlock(desk, lock, hello) {
  const waiting = await desk.store.count("queue");
  const [input, pinField] = pinInput("pin", t("pin"));
  const go = button(t("unlock"), "next", null, { main: true, wide: true, type: "submit" });
  const keep = (changed) => {
    lock = changed;
    return desk.store.put("meta", "lock", changed);
  };
  const form = el("form", { class: "stack", novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    // A second press while the first is worked on is no second try.
    if (go.hasAttribute("aria-busy") || !input.value) return input.focus();
    form.querySelector(".error")?.remove();
    const wait = waitFor(lock, Date.now());
    if (wait) return fault(form, t("pin_wait", { n: Math.ceil(wait / 1000) }));
    go.setAttribute("aria-busy", "true");
    const key = await openLock(lock, input.value, Date.now(), keep);
    go.removeAttribute("aria-busy");
    if (key) return desk.opened(key);
    input.value = "";
    const next = waitFor(lock, Date.now());
    return fault(form, next ? t("pin_wrong_wait", { n: Math.ceil(next / 1000) }) : t("pin_wrong"));
  } }, pinField, go);
  const screen = door(desk,
    el("h1", {}, desk.profile.name ? t("hello_name", { name: desk.profile.name }) : t("title")),
    waiting && note("soon", "wait", tn("locked_waiting", waiting)),
    form,
    button(t("pin_forgotten"), "ask", () => forgotten(desk, lock, hello, screen), { quiet: true, wide: true }));
  queueMicrotask(() => input.focus());
  return screen;
}

// The person proves who they are with their password at the hub; the hub opens the device again.
function forgotten(desk, lock, hello, before) {
  if (!hello) {
    before.replaceWith(door(desk, el("h1", {}, t("pin_forgotten")), el("p", {}, t("forgotten_sign_in")), desk.online ? signIn() : note("soon", "wait", t("needs_network")), tryAgain(desk)));
    return;
  }
  before.replaceWith(twice(desk, t("pin_forgotten"), t("forgotten_text"), async (pin) => {
    const device = await desk.store.get("meta", "device");
    const { rescue } = await call("POST", "/api/v1/desk/devices/rescue", { json: {}, csrf: hello.csrf, device: device.secret });
    const opened = await rescueLock(lock, rescue, pin);
    await desk.store.put("meta", "lock", opened.lock);
    await desk.opened(opened.key);
  }));
}
