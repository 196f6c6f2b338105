// The triage deck by keyboard: what is decided makes room at once for the next, which is here already.
(function () {
  "use strict";
  const deck = document.getElementById("deck");
  if (!deck) return;
  const LEVELS = ["L1", "L2", "L3"];
  // A key pressed this soon after a card came was meant for the one before.
  const UNSEEN = 300;
  let since = 0;
  let before = null;
  let undoWaits = false;

  const front = () => deck.querySelector(".tcard:not(.sent)");
  const formOf = (card) => card && card.querySelector(".tcard-form");
  const chosen = (form) => form.querySelector("[name=sensitivity]:checked");
  const rank = (level) => LEVELS.indexOf(level);

  function came() {
    deck.querySelectorAll("[name=shown]").forEach((mark) => { mark.value = "1"; });
    if (front() === before) return;
    before = front();
    since = performance.now();
    const start = front() && front().querySelector("[data-start]");
    if (start) start.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }
  function setLevel(form, level) {
    form.querySelector(`[name=sensitivity][value=${level}]`).checked = true;
    why(form);
  }
  // The least that the codes ask for; a machine's or a colleague's level stands above it.
  function least(form) {
    const levels = Array.from(form.querySelectorAll("[data-code] option:checked"), (one) => one.dataset.level || "L1");
    return levels.sort((a, b) => rank(b) - rank(a))[0];
  }
  function why(form) {
    const level = rank(chosen(form).value);
    form.elements.reason.required = level < rank(form.dataset.level) || level < rank(least(form));
  }
  function atLeast(form) {
    const level = least(form);
    if (rank(level) > rank(chosen(form).value)) setLevel(form, level);
  }
  function follow(form) {
    const option = form.querySelector("[data-code='1'] option:checked");
    const same = option.value === form.dataset.code;
    form.elements.sector.value = (same ? "" : option.dataset.sector) || form.dataset.sector;
    form.elements.priority.value = same ? form.dataset.priority : option.dataset.priority;
    setLevel(form, form.dataset.level);
    if (!same) atLeast(form);
  }
  deck.addEventListener("change", (event) => {
    const form = event.target.form;
    if (event.target.dataset.code === "1") follow(form);
    else if (event.target.dataset.code) atLeast(form);
    else if (event.target.name === "sensitivity") why(form);
  });

  function press(button) {
    if (button && performance.now() - since > UNSEEN) button.click();
  }
  function undo() {
    const button = document.querySelector("[data-undo]");
    // What is on its way is taken back when it has arrived.
    if (deck.querySelector(".tcard.sent")) undoWaits = true;
    else if (button) button.click();
  }
  const keys = {
    c: (form) => form.querySelector("[data-code='1']").focus(),
    a: (form) => { form.querySelector("details").open = true; Array.from(form.querySelectorAll("[data-code='2']")).pop().focus(); },
    e: (form) => form.elements.sector.focus(),
    p: (form) => form.elements.site.focus(),
    r: (form) => form.elements.priority.focus(),
    w: (form) => form.elements.reason.focus(),
    s: (form) => setLevel(form, LEVELS[Math.min(2, rank(chosen(form).value) + 1)]),
    l: (form) => { setLevel(form, LEVELS[Math.max(0, rank(chosen(form).value) - 1)]); form.elements.reason.focus(); },
    n: (form) => press(form.querySelector("[data-leave]")),
    o: (form) => form.querySelector("[data-open]").click(),
    u: undo,
  };
  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    const tag = event.target.tagName;
    const form = formOf(front());
    if (event.key === "Enter") {
      if (!form || /^(A|BUTTON|SUMMARY|TEXTAREA)$/.test(tag)) return;
      event.preventDefault();
      press(form.querySelector("[data-confirm]"));
      return;
    }
    if (document.documentElement.dataset.letters || /^(TEXTAREA|SELECT)$/.test(tag) || (tag === "INPUT" && event.target.type === "text")) return;
    const act = keys[event.key];
    if (!act || (!form && act !== undo)) return;
    event.preventDefault();
    act(form);
  });

  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.parameters.have = Array.from(deck.querySelectorAll("[data-ref]"), (card) => card.dataset.ref).join(",");
  });
  deck.addEventListener("htmx:beforeRequest", (event) => {
    const card = event.target.closest(".tcard");
    if (!event.target.closest("form")) return;
    card.classList.add("sent");
    came();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const card = event.detail.requestConfig.elt.closest(".tcard");
    if (!card || ![409, 422].includes(event.detail.xhr.status)) return;
    // Not taken: it comes back to the front with what is wrong.
    Object.assign(event.detail, { shouldSwap: true, isError: false, target: card, swapOverride: "outerHTML" });
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const card = event.detail.requestConfig.elt.closest(".tcard");
    if (card && card.classList.contains("sent")) {
      if (event.detail.successful) card.remove();
      else card.classList.remove("sent");
    }
  });
  document.addEventListener("htmx:afterSettle", () => {
    came();
    if (undoWaits && !deck.querySelector(".tcard.sent")) { undoWaits = false; undo(); }
  });
  came();
})();
