// Everything here is a comfort: each page works without it.
(function () {
  "use strict";
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const typing = (el) => el && (/^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName) || el.isContentEditable);
  let unsaved = false;

  // A press is answered at once, and a second press sends nothing twice.
  // A form somebody wrote in asks first whether the hub is there and the log-in still stands: if
  // not, the page stays as it is, with every word in it. Nothing is kept on the device for that.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    // Not form.method: a button of that name would stand in its place.
    if ((form.getAttribute("method") || "").toLowerCase() !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.hasAttribute("hx-post")) { unsaved = false; return; }
    // A script of its own sends this one, which must not see it pressed again.
    if (event.defaultPrevented) return;
    const button = event.submitter || form.querySelector("[type=submit]");
    if (button) button.setAttribute("aria-busy", "true");
    if (form.dataset.asked || !lost() || !wrote(form)) {
      unsaved = false;
      form.dataset.sent = "1";
      return;
    }
    event.preventDefault();
    form.dataset.sent = "1";
    ask().then((token) => {
      delete form.dataset.sent;
      if (button) button.removeAttribute("aria-busy");
      if (token === null) return;
      all("input[name=csrf_token]").forEach((field) => { field.value = token; });
      form.dataset.asked = "1";
      form.requestSubmit(button && button.form === form ? button : undefined);
      delete form.dataset.asked;
    });
  });
  const lost = () => document.getElementById("lost-net");
  const wrote = (form) => all("textarea, input[type=text], input[type=search], input[type=email]", form)
    .some((field) => field.value !== field.defaultValue);
  async function ask() {
    const bar = lost();
    try {
      const answer = await fetch("/alive", { cache: "no-store", headers: { Accept: "application/json" } });
      if (answer.ok) { bar.hidden = true; return (await answer.json()).token; }
      bar.replaceChildren(document.getElementById("logged-out").content.cloneNode(true));
    } catch { /* no network: the words of the bar say so */ }
    bar.hidden = false;
    return null;
  }
  window.addEventListener("offline", () => { if (lost()) lost().hidden = false; });
  window.addEventListener("online", () => { if (lost()) lost().hidden = true; });
  window.addEventListener("pageshow", () => {
    all("form[data-sent]").forEach((form) => { delete form.dataset.sent; });
    all("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
  });

  // What was typed is not lost by leaving the page without meaning to.
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (event.target.tagName === "TEXTAREA" && form && !form.hasAttribute("data-no-guard")) {
      unsaved = event.target.value !== event.target.defaultValue;
    }
  });
  window.addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });

  // The preview of what a partner will see follows the form.
  function mirror(form) {
    all("[data-mirror]", form).forEach((target) => {
      const source = form.elements[target.dataset.mirror];
      if (!source) return;
      const option = source.selectedOptions && source.selectedOptions[0];
      target.textContent = option && !option.value ? target.dataset.none : option ? option.dataset.name || option.textContent : source.value;
      const block = target.closest("[data-with]");
      if (block) block.classList.toggle("hidden", !source.value);
    });
    all("[data-when]", form).forEach((target) => {
      const [name, value] = target.dataset.when.split("=");
      target.classList.toggle("hidden", form.elements[name].value !== value);
    });
    all("[data-count]", form).forEach((target) => {
      target.textContent = form.elements[target.dataset.count].value.length;
    });
  }
  function mirrors() {
    all("form[data-mirrors]").forEach((form) => {
      mirror(form);
      form.addEventListener("input", () => mirror(form));
      form.addEventListener("change", () => mirror(form));
    });
  }

  // Find anything: one box over pages, cases and sites; the link opens a page where this cannot.
  const palette = document.getElementById("palette");
  async function openPalette() {
    if (!palette || !palette.showModal || palette.open) return;
    if (!palette.firstChild) palette.replaceChildren(document.getElementById("palette-box").content.cloneNode(true));
    palette.showModal();
    const box = palette.querySelector("input");
    box.select();
    if (!palette.querySelector("#found a")) look("");
  }
  let looking = 0, shown = null;
  async function look(words) {
    const own = ++looking;
    const wait = palette.querySelector("[data-wait]"), gone = palette.querySelector("[data-gone]");
    // What is quick shows no sign of waiting.
    const slow = setTimeout(() => { if (own === looking) wait.hidden = false; }, 300);
    let lostNet = false;
    try {
      const answer = await fetch(`${palette.dataset.url}?q=${encodeURIComponent(words)}`, { headers: { "HX-Request": "true" } });
      const text = await answer.text();
      if (own !== looking) return;
      const found = answer.ok && new DOMParser().parseFromString(text, "text/html").getElementById("found");
      if (found) { palette.querySelector("#found").replaceWith(found); shown = words; }
      lostNet = !found;
    } catch { lostNet = true; /* the list that is there stays */ }
    clearTimeout(slow);
    if (own === looking) { wait.hidden = true; gone.hidden = !lostNet; }
  }
  let soon = 0;
  if (palette) {
    palette.addEventListener("input", (event) => {
      clearTimeout(soon);
      soon = setTimeout(() => look(event.target.value.trim()), 120);
    });
    palette.addEventListener("keydown", (event) => {
      const links = all("#found a", palette);
      const here = links.indexOf(document.activeElement);
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        const next = here + (event.key === "ArrowDown" ? 1 : -1);
        (links[next] || (next < 0 ? palette.querySelector("input") : links[here])).focus();
      } else if (event.key === "Enter" && here < 0) {
        event.preventDefault();
        // Whoever types a number and presses at once means what they typed, not what stood there.
        const words = event.target.value.trim();
        clearTimeout(soon);
        (words === shown ? Promise.resolve() : look(words)).then(() => {
          const first = words === shown && palette.querySelector("#found a");
          if (first) first.click();
        });
      }
    });
    palette.addEventListener("click", (event) => { if (event.target === palette) palette.close(); });
  }
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-palette]") || !palette || !palette.showModal) return;
    event.preventDefault();
    openPalette();
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); openPalette(); }
  });

  // Keys on a list: j k enter / g ?
  let prefix = "";
  const places = { h: "home", t: "triage", c: "cases", r: "referrals" };
  function step(by) {
    const links = all("[data-rows] .go");
    if (!links.length) return;
    const here = links.indexOf(document.activeElement);
    const next = links[Math.min(links.length - 1, Math.max(0, here < 0 ? 0 : here + by))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }
  document.addEventListener("keydown", (event) => {
    if (palette && palette.open) return;
    if (event.key === "Escape") {
      all("details.menu[open]").forEach((menu) => {
        menu.open = false;
        menu.querySelector("summary").focus();
      });
      if (typing(event.target)) event.target.blur();
      return;
    }
    if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey || document.documentElement.dataset.letters) return;
    if (prefix === "g") {
      prefix = "";
      const link = places[event.key] && document.querySelector(`.nav [data-nav=${places[event.key]}]`);
      if (link) link.click();
      return;
    }
    if (event.key === "g") { prefix = "g"; setTimeout(() => { prefix = ""; }, 1000); }
    else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "o" && document.activeElement.matches(".go")) document.activeElement.click();
    else if (event.key === "u") { const back = document.querySelector("a.back"); if (back) back.click(); }
    else if (event.key === "/") {
      const search = document.getElementById("q");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    } else if (event.key === "?") {
      const help = document.getElementById("keys");
      if (help) { help.open = !help.open; help.querySelector("summary").focus(); }
    }
  });
  document.addEventListener("click", (event) => {
    all("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
    const opener = event.target.closest("[data-opens]");
    if (opener) {
      const fold = document.getElementById(opener.dataset.opens);
      if (fold) fold.open = true;
    }
    if (event.target.closest("[data-print]")) window.print();
    const example = event.target.closest("[data-fill]");
    if (example) {
      const box = document.getElementById(example.dataset.fill);
      box.value = example.textContent.trim();
      box.focus();
    }
  });

  // The practice phone: the newest line is in sight, enter sends.
  function newest() {
    const talk = document.getElementById("talk");
    if (talk) talk.scrollTop = talk.scrollHeight;
  }
  document.addEventListener("keydown", (event) => {
    if (event.target.matches("[data-enter-sends]") && event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
  });

  // htmx: short addresses, the truth about failure, and the phone kept at its newest line.
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") return;
    for (const name of Object.keys(event.detail.parameters)) {
      if (event.detail.parameters[name] === "") delete event.detail.parameters[name];
    }
  });
  let lines = 0;
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id !== "talk") return;
    const now = event.target.children.length;
    if (now !== lines) newest();
    lines = now;
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target;
    if (form.matches("[data-clears]") && event.detail.successful) {
      form.querySelector("textarea").value = "";
      newest();
    }
    if (event.detail.successful) stale(false);
  });
  // A request that a later one replaces is not lost: htmx:sendAbort says nothing.
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(name, () => stale(true));
  }
  function stale(is) {
    const list = document.getElementById("lost");
    if (list) list.hidden = !is;
  }

  document.addEventListener("DOMContentLoaded", () => {
    mirrors();
    newest();
    const talk = document.getElementById("talk");
    lines = talk ? talk.children.length : 0;
    const summary = document.querySelector("[data-focus]");
    if (summary) summary.focus();
    if (location.hash) {
      const fold = document.querySelector(`details${CSS.escape ? "#" + CSS.escape(location.hash.slice(1)) : ""}`);
      if (fold) fold.open = true;
    }
  });
})();
