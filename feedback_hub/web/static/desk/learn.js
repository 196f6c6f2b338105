// Learning without a network: short exercises with invented people, short pages of help, and the form
// itself for practice, from which nothing is sent.

import { button, el, icon, note } from "./dom.js";
import { page } from "./home.js";
import { language, t } from "./words.js";

async function lessons() {
  return (await fetch(`/desk/app/lessons-${language()}.json`)).json();
}

export async function learnView(desk, { exercise, topic } = {}) {
  const { exercises, topics } = await lessons();
  const back = () => desk.go("learn");
  if (exercise) return exerciseView(desk, exercises.find((one) => one.name === exercise), back);
  if (topic) {
    const one = topics.find((each) => each.name === topic);
    return page(desk, one.title, () => history.back(), ...one.text.map((said) => el("p", {}, said)));
  }
  const done = new Set((await desk.store.get("meta", "learnt")) || []);
  const row = (sign, words, to, ticked) => el("li", {}, el("button", { type: "button", class: "go-tile", onclick: to }, icon(sign), el("span", { class: "go-words" }, words), ticked && icon("check"), icon("next")));
  return page(desk, t("learn_title"), () => desk.go("home"),
    el("p", {}, t("learn_text")),
    desk.kit && button(t("practice_form"), "note", () => desk.startPractice(), { wide: true }),
    el("h2", {}, t("exercises")),
    el("ul", { class: "go-list" }, exercises.map((one) => row("ask", one.title, () => desk.go("learn", { exercise: one.name, keep: { exercise: one.name } }), done.has(one.name)))),
    el("h2", {}, t("help")),
    el("ul", { class: "go-list" }, topics.map((one) => row("info", one.title, () => desk.go("learn", { topic: one.name, keep: { topic: one.name } }), false))));
}

function exerciseView(desk, exercise, back) {
  const said = el("div", { role: "status" });
  const answer = (option) => el("li", {}, el("button", { type: "button", class: "button button-wide option", onclick: async (event) => {
    for (const one of event.target.closest("ul").querySelectorAll("button")) one.removeAttribute("aria-pressed");
    event.target.closest("button").setAttribute("aria-pressed", "true");
    said.replaceChildren(note(option.right ? "good" : "soon", option.right ? "check" : "hint", el("strong", {}, t(option.right ? "that_is_safe" : "think_again")), option.why));
    if (!option.right) return;
    const learnt = new Set((await desk.store.get("meta", "learnt")) || []);
    await desk.store.put("meta", "learnt", [...learnt.add(exercise.name)]);
  } }, el("span", {}, option.text)));
  return page(desk, exercise.title, back, el("blockquote", {}, exercise.scene), el("h2", {}, t("what_do_you_do")), el("ul", { class: "options stack-s" }, exercise.options.map(answer)), said);
}
