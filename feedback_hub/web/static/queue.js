// The queue's comforts: marks, keys, and what is new without loading the page again.
(function () {
  "use strict";
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const rows = () => document.getElementById("rows");
  const boxes = () => all(".pick input[name=ref]", rows());

  function count() {
    const marked = boxes().filter((box) => box.checked).length;
    const said = document.querySelector("[data-marked]");
    if (said) said.textContent = marked || "";
    const whole = document.querySelector("[data-all]");
    if (whole) {
      whole.hidden = false;
      whole.checked = marked > 0 && marked === boxes().length;
      whole.indeterminate = marked > 0 && !whole.checked;
    }
  }
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-all]")) boxes().forEach((box) => { box.checked = event.target.checked; });
    if (event.target.matches(".pick input")) count();
  });

  // x marks the line in hand, e takes it (or all that are marked) on.
  document.addEventListener("keydown", (event) => {
    const form = document.getElementById("together");
    if (!form || document.documentElement.dataset.letters || event.ctrlKey || event.metaKey || event.altKey || (event.key !== "x" && event.key !== "e")) return;
    if (/^(TEXTAREA|SELECT)$/.test(event.target.tagName) || event.target.matches("input:not([type=checkbox])") || document.querySelector("dialog[open]")) return;
    const line = document.activeElement.closest("[data-ref]");
    const box = line && line.querySelector(".pick input");
    if (event.key === "x" && box) {
      box.checked = !box.checked;
      count();
    } else if (event.key === "e") {
      if (box && !boxes().some((one) => one.checked)) box.checked = true;
      if (boxes().some((one) => one.checked)) form.querySelector("[value=take]").click();
    }
  });

  // Whoever was on a line is on it again after the list is new; marks stay.
  let here = null;
  function keep() {
    const line = document.activeElement && document.activeElement.closest("#rows [data-ref]");
    here = {
      ref: line ? line.dataset.ref : "",
      at: line ? all("[data-ref]", rows()).indexOf(line) : -1,
      marked: boxes().filter((box) => box.checked).map((box) => box.value),
      inside: !!(document.activeElement && document.activeElement.closest("#rows")),
    };
  }
  function restore(marks) {
    if (!here) return;
    const lines = all("[data-ref]", rows());
    if (marks) boxes().forEach((box) => { box.checked = here.marked.includes(box.value); });
    const line = lines.find((one) => one.dataset.ref === here.ref) || lines[Math.min(here.at, lines.length - 1)];
    if (here.at >= 0 && line) line.querySelector(".go").focus({ preventScroll: true });
    else if (here.inside) document.getElementById("main").focus({ preventScroll: true });
    here = null;
    count();
    const kept = document.querySelector("[data-query]");
    if (kept) kept.value = rows().dataset.here;
  }
  document.addEventListener("htmx:beforeSwap", (event) => { if (event.target.id === "rows") keep(); });
  document.addEventListener("htmx:afterSettle", () => { if (here) restore(false); });

  // What is new: asked for rarely, ever more rarely while nothing happens, never by a hidden page.
  const FIRST = 10000, LAST = 120000;
  let wait = FIRST, timer = 0, fresh = null;
  async function look() {
    timer = 0;
    if (document.hidden || !rows()) return;
    const asked = rows().dataset;
    try {
      const answer = await fetch(`${location.pathname}?${asked.here}${asked.here ? "&" : ""}mark=${asked.mark}`, {
        headers: { "HX-Request": "true", "X-Asked-By-Itself": "1" }, cache: "no-store", redirect: "manual",
      });
      if (answer.status === 204) { wait = Math.min(wait * 1.5, LAST); }
      else if (answer.ok) {
        fresh = await answer.text();
        wait = FIRST;
        const busy = boxes().some((box) => box.checked) || document.activeElement.closest("#rows, .filters");
        if (busy || window.scrollY > 200) document.getElementById("news").hidden = false;
        else show();
      } else if (answer.status === 401) return;
      else wait = LAST;
    } catch { wait = Math.min(wait * 2, LAST); }
    again();
  }
  function show() {
    if (!fresh || !rows()) return;
    keep();
    const parsed = new DOMParser().parseFromString(fresh, "text/html");
    const next = parsed.getElementById("rows"), tabs = parsed.getElementById("tabs");
    fresh = null;
    document.getElementById("news").hidden = true;
    if (!next) return;
    rows().replaceWith(next);
    if (tabs) { tabs.removeAttribute("hx-swap-oob"); document.getElementById("tabs").replaceWith(tabs); }
    if (window.htmx) window.htmx.process(next);
    restore(true);
  }
  function again() { if (!timer) timer = setTimeout(look, wait); }
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-news]")) return;
    show();
    // The button is gone now: whoever pressed it goes on with the newest line.
    const first = document.querySelector("#rows .go") || document.getElementById("main");
    first.focus();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    clearTimeout(timer);
    wait = FIRST;
    look();
  });
  document.addEventListener("DOMContentLoaded", () => { count(); again(); });
})();
