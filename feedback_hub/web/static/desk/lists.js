// What a desk looks up: whom to find today, what people may be told, what is said before writing.

import { el, field, icon, note, threes } from "./dom.js";
import { page } from "./home.js";
import { playScript } from "./voice.js";
import { clockTime, day, htmlLang, t } from "./words.js";

const home = (desk) => () => desk.go("home");

export async function todayView(desk) {
  const today = await desk.queue.today(desk.now());
  desk.today = today;
  if (!today) return page(desk, t("today_title"), home(desk), note("info", "wait", t("today_unknown_text")));
  const items = today.items.map((one) => el("li", { class: "find" },
    el("p", {}, el("span", { class: "ref" }, threes(one.ref)), one.name && el("span", {}, ` ${one.name}`)),
    el("p", { class: "quiet small" }, [one.site, one.place, desk.kit && desk.kit.languages[one.language], one.at && clockTime(Date.parse(one.at))].filter(Boolean).join(" · ")),
    desk.online && el("a", { class: "button", href: `/calls/${one.id}` }, t("note_result"))));
  return page(desk, t("today_title"), home(desk),
    note("info", "info", t("today_rule")),
    items.length ? el("ul", { class: "finds" }, items) : note("good", "check", t("today_nobody")));
}

export async function answersView(desk) {
  const today = new Date(desk.now()).toISOString().slice(0, 10);
  const current = desk.kit.answers.filter((one) => one.from <= today && today <= one.to);
  const list = el("ul", { class: "told-list" });
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const draw = (wanted) => {
    const words = plain(wanted).split(/\s+/).filter(Boolean);
    const found = current.filter((one) => words.every((word) => plain(`${one.question} ${one.text}`).includes(word)));
    list.replaceChildren(...found.map((one) => el("li", { lang: htmlLang(one.language) },
      el("h2", {}, one.question), el("p", { class: "said" }, one.text),
      el("p", { class: "quiet small", lang: document.documentElement.lang }, [siteName(desk, one.site), desk.kit.languages[one.language], t("good_until", { day: day(one.to) })].filter(Boolean).join(" · ")))));
    if (!found.length) list.replaceChildren(el("li", {}, t("answers_none")));
  };
  draw("");
  const search = el("input", { type: "search", autocomplete: "off", oninput: (event) => draw(event.target.value) });
  return page(desk, t("answers_title"), home(desk), el("p", { class: "hint" }, t("answers_hint")), field("f-search", t("search"), search), list);
}

function siteName(desk, code) {
  if (!code) return t("every_site");
  const site = desk.kit.sites.find((one) => one.code === code);
  return site ? site.name : code;
}

export async function listenView(desk, { code } = {}) {
  const chosen = code || (desk.kit.scripts[0] || { language: "" }).language;
  const select = el("select", { onchange: (event) => desk.go("listen", { code: event.target.value, keep: { code: event.target.value } }) },
    [["", t("choose_language")], ...Object.entries(desk.kit.languages)].map(([value, name]) => el("option", { value, selected: value === chosen },
      desk.kit.scripts.some((one) => one.language === value) ? `${name} ✓` : name)));
  return page(desk, t("listen_title"), home(desk), field("f-listen", t("which_language"), select, t("listen_hint")), await playScript(desk, chosen), el("p", { class: "quiet with-icon" }, icon("info"), t("listen_more")));
}
