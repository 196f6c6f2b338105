// The app's words come from the hub's catalogue, in both languages, and are kept for offline.

const TAGS = { por: "pt-MZ", eng: "en" };
// Days before months, as people here write them.
const DATES = { por: "pt-MZ", eng: "en-GB" };
let words = {};
let spoken = "por";

export async function speak(language) {
  spoken = language in TAGS ? language : "por";
  const answer = await fetch(`/desk/app/words-${spoken}.json`);
  words = await answer.json();
  document.documentElement.lang = TAGS[spoken];
  document.title = t("title");
}

export function language() {
  return spoken;
}

// The text of a key, with %(name)s filled in.
export function t(key, values = {}) {
  return (words[key] ?? key).replace(/%\((\w+)\)s/g, (_, name) => String(values[name] ?? ""));
}

// One or many: two keys, "..._one" and "..._many".
export function tn(key, n) {
  return t(n === 1 ? `${key}_one` : `${key}_many`, { n });
}

// A label that is written in both languages, from the hub's own data.
export function label(both) {
  return both[spoken] || both.eng || both.por || "";
}

// The tag of a language that people speak, for the reader's screen reader and for a voice.
export function htmlLang(code) {
  return { por: "pt-MZ", eng: "en", swh: "sw", tso: "ts", fra: "fr" }[code] || code;
}

export function clockTime(ms) {
  return new Intl.DateTimeFormat(DATES[spoken], { dateStyle: "short", timeStyle: "short" }).format(ms);
}

export function day(iso) {
  return new Intl.DateTimeFormat(DATES[spoken], { dateStyle: "medium" }).format(new Date(`${iso}T12:00`));
}
