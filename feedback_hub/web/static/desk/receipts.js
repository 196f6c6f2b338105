// After handing in: the numbers to give, or a slip to come back with. Of a highly sensitive one, that
// it was received, and nothing else.

import { button, el, icon, note, threes } from "./dom.js";
import { page } from "./home.js";
import { clockTime, t, tn } from "./words.js";

const home = (desk) => () => desk.go("home", {}, { replace: true });

export async function receiptView(desk, { highly, id, code, practice }) {
  const again = button(t("done"), "check", home(desk), { main: true, wide: true });
  if (practice) return page(desk, t("practice_done"), null, note("good", "check", t(highly ? "practice_done_highly" : "practice_done_text")), again);
  if (highly) return page(desk, t("received"), null, note("good", "check", t("received_highly")), el("p", { class: "quiet" }, t("received_highly_more")), again);
  const body = el("div", { class: "stack" });
  const draw = async () => {
    const numbers = (await desk.queue.receipts()).find((one) => one.id === id);
    body.replaceChildren(...(numbers ? shown(desk, numbers) : slip(desk, code)));
  };
  await draw();
  const follow = async () => {
    if (!body.isConnected) return window.removeEventListener("desk-sent", follow);
    return desk.queue && draw();
  };
  window.addEventListener("desk-sent", follow);
  return page(desk, t("received"), null, body, again);
}

// On paper 58 mm wide, too.
function paper(desk, code, ...lines) {
  return el("section", { class: "ticket" }, el("p", { class: "ticket-hub" }, desk.kit ? desk.kit.hub : t("title")), ...lines,
    code && el("p", { class: "ticket-small" }, t("ticket_help", { hotline: desk.kit ? desk.kit.hotline : "" })),
    code && el("p", { class: "ticket-small" }, t("ticket_code", { code })));
}

function shown(desk, numbers) {
  return [
    paper(desk, numbers.code,
      el("dl", { class: "ticket-numbers" },
        el("dt", {}, t("case_number")), el("dd", { class: "big" }, threes(numbers.ref)),
        el("dt", {}, t("secret_number")), el("dd", { class: "big" }, threes(numbers.secret).replace("-", " ")))),
    el("p", { class: "quiet no-print" }, t("read_in_threes")),
    el("div", { class: "actions" },
      button(t("print"), "print", () => window.print()),
      button(t("given"), "check", async () => {
        await desk.queue.dropReceipt(numbers.id);
        await desk.go("home", {}, { replace: true });
      })),
  ];
}

function slip(desk, code) {
  return [
    note("soon", "wait", t("kept_here")),
    paper(desk, "", el("p", {}, t("slip_text")), el("p", { class: "big" }, code)),
    el("div", { class: "actions" }, button(t("print"), "print", () => window.print())),
  ];
}

export async function waitingView(desk) {
  const body = el("div", { class: "stack" });
  const draw = async () => {
    const [waiting, receipts] = [await desk.queue.waiting(), await desk.queue.receipts()];
    body.replaceChildren(
      receipts.length > 0 && el("section", { class: "stack-s" }, el("h2", {}, t("numbers_to_give")), el("p", { class: "hint" }, t("numbers_hint")),
        el("ul", { class: "go-list" }, receipts.map((one) => el("li", {}, el("button", { type: "button", class: "go-tile", onclick: () => desk.go("receipt", { id: one.id, code: one.code }) },
          icon("print"), el("span", { class: "go-words" }, one.code, el("span", { class: "quiet small" }, clockTime(one.at))), icon("next")))))) || "",
      // Which of them is what, nobody is told here: one line looks like the other.
      el("section", { class: "stack-s" }, el("h2", {}, waiting.length ? tn("waiting", waiting.length) : t("nothing_waits")), el("p", { class: "hint" }, t("waiting_hint")),
        waiting.length > 0 && el("ol", { class: "queue" }, waiting.map((one) => el("li", {},
          icon(one.stuck ? "overdue" : "wait"), el("span", {}, clockTime(one.order), one.size > 0 ? el("span", { class: "quiet small" }, ` ${Math.ceil(one.size / 1024)} KB`) : ""),
          el("span", { class: one.stuck ? "bad" : "quiet" }, t(!desk.queue.readable(one) ? "waits_newer" : one.stuck ? "waits_stuck" : "waits"))))) || ""));
  };
  await draw();
  const follow = () => (body.isConnected ? desk.queue && draw() : window.removeEventListener("desk-sent", follow));
  window.addEventListener("desk-sent", follow);
  return page(desk, t("waiting_title"), home(desk), body, el("div", { class: "actions" }, button(t("try_now"), "send", () => desk.sender.nudge())));
}
