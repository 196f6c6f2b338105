// Home: new report first, then what waits. And the strip on every screen that says how sending is.

import { button, el, icon } from "./dom.js";
import { languageSwitch } from "./entry.js";
import { t, tn } from "./words.js";
import { newDraft } from "./report.js";

const SIGNS = { here: "check", sending: "send", away: "wait", start: "wait", signed_out: "person", other: "people", not_allowed: "lock" };

// Never what waits, only how many.
export async function statusStrip(desk) {
  const waiting = desk.queue ? await desk.queue.waiting() : [];
  const { state } = desk.state;
  const sign = waiting.length || state === "away" ? SIGNS[state] || "wait" : "check";
  const words = waiting.length ? tn("waiting", waiting.length) : t("nothing_waits");
  const how = t(`state_${state}`);
  return el("div", { class: `status status-${waiting.length ? "soon" : state === "away" ? "plain" : "good"}`, "data-strip": true, role: "status" },
    icon(sign),
    el("p", {}, el("strong", {}, words), el("span", { class: "status-how" }, how)),
    state === "signed_out" && el("a", { class: "button", href: "/login?next=/desk/app" }, t("sign_in")),
    state === "away" && waiting.length > 0 && button(t("try_now"), "", () => desk.sender.nudge()),
    desk.update && button(t("update_use"), "", () => desk.useUpdate()));
}

export function page(desk, title, back, ...children) {
  return el("div", { class: "screen" },
    el("header", { class: "bar" },
      back ? button(t("back"), "back", back, { quiet: true }) : el("span", { class: "brand" }, el("span", { class: "brand-mark" }, icon("mark")), el("span", { class: "brand-name" }, desk.kit ? desk.kit.hub : t("title"))),
      button(t("lock"), "lock", () => desk.lock(), { quiet: true })),
    el("main", { id: "main", class: "stack" }, el("h1", {}, title), ...children));
}

function tile(words, sign, number, onclick, hint = "") {
  return el("li", {}, el("button", { type: "button", class: "go-tile", onclick },
    icon(sign), el("span", { class: "go-words" }, words, hint && el("span", { class: "quiet small" }, hint)),
    number !== null && el("span", { class: `go-number${number ? "" : " quiet"}` }, String(number)), icon("next")));
}

export async function home(desk) {
  const receipts = await desk.queue.receipts();
  const waiting = await desk.queue.count();
  const found = desk.today ? desk.today.items.length : null;
  const ready = Boolean(desk.kit);
  const start = async (practice) => {
    const site = desk.kit.sites.length === 1 ? desk.kit.sites[0].code : "";
    if (!desk.draft || practice) desk.draft = newDraft({ device: Date.now(), last: desk.clock }, site, practice);
    await desk.go("report");
  };
  desk.startPractice = () => start(true);
  return page(desk, t("home_title"), null,
    await statusStrip(desk),
    !ready && el("p", {}, t("kit_missing")),
    el("button", { type: "button", class: "new-report", disabled: !ready, onclick: () => start(false) }, icon("note"),
      el("span", {}, desk.draft ? t("go_on") : t("new_report"))),
    el("ul", { class: "go-list" },
      receipts.length > 0 && tile(t("numbers_to_give"), "print", receipts.length, () => desk.go("waiting")),
      waiting > 0 && tile(t("waiting_title"), "wait", waiting, () => desk.go("waiting")),
      tile(t("today_title"), "people", found, () => desk.go("today"), found === null ? t("today_unknown") : ""),
      ready && tile(t("answers_title"), "hint", desk.kit.answers.length, () => desk.go("answers")),
      ready && tile(t("listen_title"), "speak", null, () => desk.go("listen")),
      tile(t("learn_title"), "handset", null, () => desk.go("learn"))),
    el("footer", { class: "home-foot" }, languageSwitch(desk), el("a", { class: "button button-quiet", href: "/" }, icon("home"), el("span", {}, t("to_hub")))));
}
