// One report while it is written: what was answered, and what of it goes to the hub.

import { pickUpCode } from "./queue.js";

export const NOT_ASKED = "not_asked";

export function newDraft(written, site, practice = false) {
  return {
    format: 1, id: crypto.randomUUID(), code: pickUpCode(), written, practice, step: "consent",
    answers: { site }, codes: [], files: [], nextFile: 0,
  };
}

// Highly sensitive by what it is about or by choice: when in doubt, higher.
export function isHighly(draft, kit) {
  return draft.answers.sensitivity === "L3" || draft.codes.some((code) => kit.codes.some((one) => one.code === code && one.level === "L3"));
}

export function saysSomething(draft) {
  return Boolean((draft.answers.text || "").trim() || draft.codes.length || draft.files.length);
}

const YES_NO = { yes: true, no: false };

// The intake body of CONTRACT.md. What was not asked is left out: that is what absent means there.
export function bodyOf(draft, kit) {
  const said = draft.answers;
  const refused = said["consent.record"] === "no";
  const body = { submission_id: draft.id, channel: said.paper ? "paper" : "desk" };
  const put = (path, value) => {
    if (value === undefined || value === "" || value === NOT_ASKED) return;
    const [part, name] = path.split(".");
    if (name) (body[part] ||= {})[name] = value;
    else body[part] = value;
  };
  for (const name of ["site", "place", "text", "language", "accused.organisation", "accused.class", "contact.how", "contact.when", "consent.share",
    "person.sex", "person.age_band", "person.disability", "person.group", "person.speaks_for"]) put(name, (said[name] || "").trim?.());
  // Who does not want to be written down is not: neither name nor number leaves the form.
  if (!refused) for (const name of ["contact.phone", "contact.name"]) put(name, (said[name] || "").trim());
  for (const name of ["consent.record", "consent.contact", "consent.content_in_text", "contact.private", "contact.leave_message"]) put(name, YES_NO[said[name]]);
  if (draft.codes.length) body.codes = draft.codes;
  if (isHighly(draft, kit)) body.sensitivity = "L3";
  else if (said.sensitivity) body.sensitivity = said.sensitivity;
  const fields = Object.fromEntries(kit.fields.map((one) => [one.name, said[`fields.${one.name}`]]).filter(([, value]) => value));
  if (Object.keys(fields).length) body.fields = fields;
  if (said.paper) body.received_at = new Date(`${said.paper}T12:00`).toISOString();
  if (draft.files.length) body.files = draft.files.map(({ type, size }) => ({ type, size }));
  return body;
}

// What is kept until it is sent.
export function reportOf(draft, kit) {
  return {
    format: 1, highly: isHighly(draft, kit), sent: false, code: draft.code, site: draft.answers.site || "", written: draft.written,
    // `n` is its number here, `at` its place among those that are sent: some were taken back.
    files: draft.files.map(({ n, size }, at) => ({ n, at, size })),
    body: bodyOf(draft, kit),
  };
}
