// Reads the board aloud, for whoever does not read. Without a voice on the device there is no button.
(function () {
  "use strict";
  const button = document.querySelector("[data-read-aloud]");
  if (!button || !("speechSynthesis" in window)) return;
  const voice = window.speechSynthesis;
  const words = button.querySelector("span");
  const start = words.textContent;
  let round = 0;
  const rest = () => { round += 1; voice.cancel(); words.textContent = start; button.setAttribute("aria-pressed", "false"); };
  button.hidden = false;
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-pressed") === "true") { rest(); return; }
    voice.cancel();
    words.textContent = button.dataset.stop;
    button.setAttribute("aria-pressed", "true");
    round += 1;
    const mine = round;
    const parts = Array.from(document.querySelectorAll("[data-read]"));
    parts.forEach((part, index) => {
      const said = new SpeechSynthesisUtterance(part.textContent.replace(/\s+/g, " ").trim());
      said.lang = part.lang;
      said.rate = 0.9;
      if (index === parts.length - 1) said.onend = () => { if (mine === round) rest(); };
      voice.speak(said);
    });
  });
  window.addEventListener("pagehide", rest);
}());
