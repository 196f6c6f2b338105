// A new report, one thing at a time. Everything may stay "not asked", and "Hand in now" is always there.

import { button, choices, el, field, icon, note } from "./dom.js";
import { page } from "./home.js";
import { playScript } from "./voice.js";
import { photoOf, recorder } from "./capture.js";
import { NOT_ASKED, isHighly, reportOf, saysSomething } from "./report.js";
import { label, htmlLang, t } from "./words.js";

const YES_NO = [[NOT_ASKED, "not_asked"], ["yes", "yes"], ["no", "no"]];
const STEPS = ["consent", "said", "about", "where", "who", "answer", "accused", "check"];
// Nobody is interviewed: what was said, what it is about, where, and it is handed in.
const STEPS_HIGHLY = ["consent", "said", "about", "where", "accused", "check"];
const MOST_FILES = 6;
// The short page of help that belongs to each step.
const HELP = { consent: "report", said: "report", about: "highly", accused: "highly", answer: "numbers", check: "numbers" };

export async function reportView(desk, { step } = {}) {
  const draft = desk.draft;
  if (!draft) return desk.go("home", {}, { replace: true });
  if (step) draft.step = step;
  const highly = isHighly(draft, desk.kit);
  desk.isHighly = highly;
  const steps = stepsOf(draft, desk.kit);
  if (!steps.includes(draft.step)) draft.step = "check";
  const at = steps.indexOf(draft.step);

  let pending = 0;
  const save = async () => {
    clearTimeout(pending);
    if (desk.draft === draft && desk.queue && !draft.practice) await desk.queue.keepDraft(draft);
  };
  desk.saveDraft = save;
  const set = (name, value) => {
    draft.answers[name] = value;
    clearTimeout(pending);
    pending = setTimeout(save, 300);
  };
  const to = async (name) => {
    draft.step = name;
    await save();
    await desk.go("report", { keep: { step: name } });
  };
  const back = async () => {
    await save();
    if (at > 0) return to(steps[at - 1]);
    return desk.go("home");
  };

  const context = { desk, draft, set, save, highly, redraw: () => to(draft.step) };
  const body = await BODY[draft.step](context);
  const last = draft.step === "check";
  return page(desk, t(`step_${draft.step}`), back,
    draft.practice && note("soon", "handset", t("practice_note")),
    highly && note("l3", "lock", t("highly_note")),
    el("div", { class: "steps" }, el("progress", { max: steps.length, value: at + 1, "aria-label": t("progress") }), el("span", { class: "quiet small" }, t("step_of", { at: at + 1, n: steps.length }))),
    ...body,
    HELP[draft.step] && button(t("help"), "ask", async () => { await save(); await desk.go("learn", { topic: HELP[draft.step], keep: { topic: HELP[draft.step] } }); }, { quiet: true }),
    el("div", { class: "foot-actions" },
      !last && button(t("next"), "next", () => to(steps[at + 1]), { main: true, wide: true }),
      button(last ? t("hand_in") : t("hand_in_now"), "send", () => handIn(context), { main: last, wide: true, disabled: !saysSomething(draft) && !last, "data-hand-in": true }),
      last && button(t("throw_away"), "x", () => throwAway(context), { quiet: true, wide: true })));
}

function stepsOf(draft, kit) {
  const steps = isHighly(draft, kit) ? STEPS_HIGHLY : STEPS;
  const accusing = draft.codes.some((code) => /^(misconduct|complaint|protection|safety)\./.test(code)) || isHighly(draft, kit);
  return steps.filter((one) => one !== "accused" || accusing);
}

async function handIn({ desk, draft, redraw }) {
  if (!saysSomething(draft)) {
    draft.step = "said";
    draft.fault = true;
    return redraw();
  }
  const highly = isHighly(draft, desk.kit);
  desk.saveDraft = null;
  const size = draft.files.reduce((sum, one) => sum + one.size, 0);
  if (!draft.practice) await desk.queue.handIn(draft.id, reportOf(draft, desk.kit), Date.now(), size);
  const shown = highly ? { highly: true, practice: draft.practice } : { id: draft.id, code: draft.code, practice: draft.practice };
  // From here on nothing of it is on the screen or in the memory.
  desk.draft = draft.practice ? await desk.queue.draft() : null;
  desk.isHighly = false;
  await desk.go("receipt", shown, { replace: true });
  if (!draft.practice) desk.sender.nudge();
}

async function throwAway({ desk, draft }) {
  if (!window.confirm(t("throw_away_sure"))) return;
  desk.saveDraft = null;
  if (!draft.practice) await desk.queue.dropDraft(draft.id);
  desk.draft = draft.practice ? await desk.queue.draft() : null;
  desk.isHighly = false;
  await desk.go("home", {}, { replace: true });
}

const asked = (options) => options.map(([value, key, sign]) => [value, t(key), sign]);

function ask({ draft, set, redraw }, name, key, options, hint = "", again = false) {
  return choices(name, t(key), asked(options), draft.answers[name] || NOT_ASKED, (value) => {
    set(name, value);
    if (again) redraw();
  }, hint && t(hint));
}

function line({ draft, set }, name, key, attributes = {}, hint = "") {
  const input = el("input", { type: "text", autocomplete: "off", maxlength: "200", value: draft.answers[name] || "", oninput: (event) => set(name, event.target.value), ...attributes });
  return field(`f-${name.replace(".", "-")}`, t(key), input, hint && t(hint));
}

function pick({ draft, set }, name, words, options, again) {
  const select = el("select", { onchange: (event) => { set(name, event.target.value); if (again) again(); } },
    options.map(([value, shown]) => el("option", { value, selected: value === (draft.answers[name] || "") }, shown)));
  return field(`f-${name.replace(".", "-")}`, words, select);
}

const BODY = {
  async consent(context) {
    const { desk, draft, redraw } = context;
    const spoken = draft.answers.language || "";
    const refused = draft.answers["consent.record"] === "no";
    const languages = [["", t("not_asked")], ...Object.entries(desk.kit.languages)];
    return [
      pick(context, "language", t("which_language"), languages, redraw),
      await playScript(desk, spoken),
      ask(context, "consent.record", "q_record", YES_NO, "", true),
      refused && note("info", "info", t("record_refused")),
    ];
  },

  async said(context) {
    const { desk, draft, set } = context;
    const text = el("textarea", { rows: "6", maxlength: "20000", value: draft.answers.text || "", lang: htmlLang(draft.answers.language || ""), oninput: (event) => {
      set("text", event.target.value);
      const go = document.querySelector("[data-hand-in]");
      if (go) go.disabled = !saysSomething(draft);
    } });
    return [
      draft.fault && !saysSomething(draft) && note("bad", "overdue", t("say_something")),
      field("f-text", t("own_words"), text, t("own_words_hint")),
      ...attachments(context),
    ];
  },

  async about({ desk, draft, save, redraw }) {
    const chosen = new Set(draft.codes);
    const groups = desk.kit.types.filter((one) => one.type !== "other").map((kind) => {
      const codes = desk.kit.codes.filter((one) => one.type === kind.type);
      const open = codes.some((one) => chosen.has(one.code));
      return el("details", { class: "kind", open },
        el("summary", {}, icon(`t-${kind.type}`), el("span", {}, label(kind.label)), icon("down")),
        el("div", { class: "chips" }, codes.map((one) => el("label", { class: "chip" },
          el("input", { type: "checkbox", name: "codes", value: one.code, checked: chosen.has(one.code), onchange: async (event) => {
            draft.codes = event.target.checked ? [...draft.codes, one.code] : draft.codes.filter((code) => code !== one.code);
            await save();
            // The way on is another one, for what is highly sensitive.
            if (one.level === "L3") redraw();
          } }), el("span", {}, label(one.label))))));
    });
    return [
      el("p", { class: "hint" }, t("about_hint")),
      el("div", { class: "kinds" }, groups),
      choices("sensitivity", t("q_level"), [["", t("level_as_about")], ["L2", t("level_personal")], ["L3", t("level_highly"), "lock"]], draft.answers.sensitivity || "", async (value) => {
        draft.answers.sensitivity = value;
        await save();
        redraw();
      }, t("level_hint")),
    ];
  },

  async where(context) {
    const { desk, draft } = context;
    const sites = [["", t("site_none")], ...desk.kit.sites.map((one) => [one.code, one.name])];
    const today = new Date().toISOString().slice(0, 10);
    const own = context.highly ? [] : desk.kit.fields.map((one) => ownField(context, one));
    return [
      pick(context, "site", t("which_site"), sites),
      line(context, "place", "where_exactly", {}, "where_hint"),
      !context.highly && el("details", { class: "kind", open: Boolean(draft.answers.paper) }, el("summary", {}, icon("note"), el("span", {}, t("from_paper")), icon("down")),
        line(context, "paper", "paper_day", { type: "date", max: today })),
      ...own,
    ];
  },

  async who(context) {
    return [
      ask(context, "person.speaks_for", "q_speaks_for", [[NOT_ASKED, "not_asked"], ["self", "for_self"], ["other", "for_other"], ["community", "for_community"]]),
      ask(context, "person.sex", "q_sex", [[NOT_ASKED, "not_asked"], ["female", "female"], ["male", "male"], ["other", "other"], ["prefer_not", "prefer_not"]]),
      ask(context, "person.age_band", "q_age", [[NOT_ASKED, "not_asked"], ["under_18", "under_18"], ["18_39", "age_18_39"], ["40_59", "age_40_59"], ["60_plus", "age_60_plus"]]),
      ask(context, "person.disability", "q_disability", YES_NO),
      ask(context, "person.group", "q_group", [[NOT_ASKED, "not_asked"], ["idp", "idp"], ["returnee", "returnee"], ["host", "host"], ["refugee", "refugee"], ["other", "other"]]),
    ];
  },

  async answer(context) {
    const refused = context.draft.answers["consent.record"] === "no";
    const how = context.draft.answers["contact.how"] || NOT_ASKED;
    const phone = ["text", "call"].includes(how) && !refused;
    return [
      ask(context, "consent.share", "q_share", [[NOT_ASKED, "not_asked"], ["name", "share_name"], ["anonymous", "share_anonymous"], ["no", "no"]]),
      ask(context, "consent.contact", "q_contact", YES_NO),
      ask(context, "contact.how", "q_how", [[NOT_ASKED, "not_asked"], ["text", "by_text"], ["call", "by_call", "phone"], ["desk", "at_desk"]], "", true),
      !refused && line(context, "contact.name", "name", {}, "name_hint"),
      phone && line(context, "contact.phone", "phone", { inputmode: "tel", maxlength: "40" }),
      phone && line(context, "contact.when", "safe_when"),
      phone && ask(context, "contact.private", "q_private", YES_NO, "q_private_hint"),
      phone && ask(context, "contact.leave_message", "q_leave", YES_NO),
      phone && ask(context, "consent.content_in_text", "q_content", YES_NO),
      refused && note("info", "info", t("record_refused")),
    ];
  },

  async accused(context) {
    const { desk } = context;
    const list = el("datalist", { id: "organisations" }, desk.kit.organisations.map((one) => el("option", { value: one })));
    return [
      el("p", { class: "hint" }, t("accused_hint")),
      ask(context, "accused.class", "q_accused", [[NOT_ASKED, "not_asked"], ...["aid_worker", "contractor", "volunteer", "leader", "official", "security_force", "community_member", "unknown"].map((one) => [one, `accused_${one}`])]),
      line(context, "accused.organisation", "accused_organisation", { list: "organisations" }), list,
    ];
  },

  async check({ desk, draft, highly }) {
    if (highly) return [el("p", {}, t("check_highly")), el("p", { class: "quiet" }, t("check_highly_who"))];
    const about = draft.codes.map((code) => label(desk.kit.codes.find((one) => one.code === code).label));
    const site = desk.kit.sites.find((one) => one.code === draft.answers.site);
    const rows = [
      [t("step_said"), [(draft.answers.text || "").trim(), draft.files.length ? t("files_n", { n: draft.files.length }) : ""].filter(Boolean).join(" · ")],
      [t("step_about"), about.join(", ")],
      [t("step_where"), [site ? site.name : "", draft.answers.place].filter(Boolean).join(", ")],
    ];
    return [
      !saysSomething(draft) && note("soon", "hint", t("say_something")),
      el("dl", { class: "facts" }, rows.flatMap(([term, said]) => [el("dt", {}, term), el("dd", { class: said ? "said" : "quiet" }, said || t("not_asked"))])),
      el("p", { class: "who" }, icon("eye"), el("span", {}, t("check_who"))),
    ];
  },
};

function ownField(context, one) {
  const name = `fields.${one.name}`;
  const words = label(one.label);
  const id = `f-fields-${one.name}`;
  if (one.kind === "choice") return pick(context, name, words, [["", t("not_asked")], ...one.choices.map((choice) => [choice.value, label(choice.label)])]);
  const input = el("input", { type: one.kind === "date" ? "date" : "text", inputmode: one.kind === "number" ? "decimal" : null, autocomplete: "off", value: context.draft.answers[name] || "", oninput: (event) => context.set(name, event.target.value) });
  return field(id, words, input);
}

function attachments(context) {
  const { desk, draft, save, redraw } = context;
  const full = draft.files.length >= MOST_FILES;
  const keep = async (blob, kind) => {
    const n = draft.nextFile;
    draft.nextFile += 1;
    if (!draft.practice) await desk.queue.keepFile(draft.id, n, blob);
    draft.files.push({ n, kind, type: blob.type.split(";")[0], size: blob.size });
    await save();
    await redraw();
  };
  const camera = el("input", { type: "file", accept: "image/*", capture: "environment", class: "vh", id: "f-photo", disabled: full, onchange: async (event) => {
    const [chosen] = event.target.files;
    if (chosen) await keep(await photoOf(chosen), "photo");
  } });
  return [
    el("div", { class: "capture" },
      recorder(full, (blob) => keep(blob, "voice")),
      el("label", { class: "button button-wide", for: "f-photo" }, icon("camera"), el("span", {}, t("photo"))), camera),
    el("p", { class: "hint" }, t("photo_hint")),
    draft.files.length > 0 && el("ul", { class: "kept" }, draft.files.map((one, at) => el("li", {},
      icon(one.kind === "voice" ? "mic" : "camera"), el("span", {}, t(one.kind === "voice" ? "voice_note" : "photo"), el("span", { class: "quiet small" }, ` ${Math.ceil(one.size / 1024)} KB`)),
      button(t("remove"), "x", async () => {
        draft.files.splice(at, 1);
        if (!draft.practice) await desk.queue.dropFile(draft.id, one.n);
        await save();
        await redraw();
      }, { quiet: true })))),
  ].filter(Boolean);
}
