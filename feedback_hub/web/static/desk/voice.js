// The consent script, heard or read: an approved recording, else a voice that is on this device, else
// the words for whoever sits at the desk to read aloud. What nobody approved is not shown as if.

import { button, el, icon, note } from "./dom.js";
import { htmlLang, t } from "./words.js";

export async function playScript(desk, code) {
  const script = desk.kit.scripts.find((one) => one.language === code);
  const name = desk.kit.languages[code] || "";
  if (!script) {
    return el("section", { class: "consent-script stack-s" }, el("h2", {}, t("script_title")),
      note("info", "speak", t(code ? "script_missing" : "script_choose", { language: name }), t("script_points")));
  }
  const kept = script.audio ? await desk.store.get("cache", `audio:${script.digest}`) : null;
  const voice = kept ? null : localVoice(code);
  return el("section", { class: "consent-script stack-s" },
    el("h2", {}, t("script_title")),
    el("blockquote", { lang: htmlLang(code) }, script.text),
    kept && player(kept),
    voice && button(t("listen"), "speak", () => say(script.text, voice), { wide: true }),
    !kept && !voice && el("p", { class: "quiet with-icon" }, icon("speak"), t("read_aloud")));
}

function player(blob) {
  const audio = new Audio(URL.createObjectURL(blob));
  const made = button(t("listen"), "speak", () => {
    if (audio.paused) audio.play();
    else {
      audio.pause();
      audio.currentTime = 0;
    }
  }, { wide: true });
  audio.addEventListener("play", () => { made.lastChild.textContent = t("stop"); });
  for (const end of ["pause", "ended"]) audio.addEventListener(end, () => { made.lastChild.textContent = t("listen"); });
  return made;
}

// Only a voice that speaks on the device itself: the words go to nobody else.
function localVoice(code) {
  if (!window.speechSynthesis) return null;
  const tag = htmlLang(code).slice(0, 2);
  return speechSynthesis.getVoices().find((one) => one.localService && one.lang.toLowerCase().startsWith(tag)) || null;
}

function say(text, voice) {
  if (speechSynthesis.speaking) return speechSynthesis.cancel();
  const words = new SpeechSynthesisUtterance(text);
  words.voice = voice;
  words.lang = voice.lang;
  words.rate = 0.9;
  return speechSynthesis.speak(words);
}
