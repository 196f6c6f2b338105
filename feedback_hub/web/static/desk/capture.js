// A voice note from the microphone, a photo from the camera. A photo is drawn anew, smaller, so that
// neither the place nor the camera that it names leaves the device.

import { button, el, icon, note } from "./dom.js";
import { t } from "./words.js";

const LONGEST = 5 * 60;
const TYPES = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];
const WIDEST = 1600;

export async function photoOf(file) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, WIDEST / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
}

// A button that records until it is pressed again.
export function recorder(full, done) {
  const box = el("div", { class: "recorder" });
  if (!window.MediaRecorder || !navigator.mediaDevices) return box;
  const type = TYPES.find((one) => MediaRecorder.isTypeSupported(one));
  const idle = () => box.replaceChildren(button(t("record"), "mic", start, { wide: true, disabled: full }));

  async function start() {
    let sound;
    try {
      sound = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      box.append(note("soon", "hint", t("no_microphone")));
      return;
    }
    const parts = [];
    const recording = new MediaRecorder(sound, { mimeType: type, audioBitsPerSecond: 24_000 });
    recording.ondataavailable = (event) => parts.push(event.data);
    let seconds = 0;
    const shown = el("span", { "aria-hidden": "true" }, "0:00");
    const ticking = setInterval(() => {
      seconds += 1;
      shown.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
      // Left behind: the microphone does not stay open.
      if (seconds >= LONGEST || !box.isConnected) recording.stop();
    }, 1000);
    recording.onstop = () => {
      clearInterval(ticking);
      for (const track of sound.getTracks()) track.stop();
      idle();
      const blob = new Blob(parts, { type });
      if (blob.size && box.isConnected) done(blob);
    };
    recording.start(1000);
    box.replaceChildren(el("button", { type: "button", class: "button button-wide recording", onclick: () => recording.stop() }, icon("pause"), el("span", {}, t("record_stop")), shown));
    box.firstChild.focus();
  }

  idle();
  return box;
}
