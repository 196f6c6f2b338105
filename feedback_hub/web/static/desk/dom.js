// Elements are made, never written as HTML: what a person typed cannot become markup.

export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  if (["input", "select", "textarea"].includes(tag)) {
    // A browser writes what stands in a form to its disk, to bring the page back after a crash, and
    // may send it elsewhere to have its spelling checked. Here it does neither.
    made.setAttribute("autocomplete", "off");
    made.setAttribute("spellcheck", "false");
  }
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "class") made.className = value;
    else if (name in made && typeof value !== "string") made[name] = value;
    else if (name === "value") made.value = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/desk/app/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

export function button(words, sign, onclick, extra = {}) {
  const { main, quiet, wide, ...more } = extra;
  const kinds = ["button", main && "button-main", quiet && "button-quiet", wide && "button-wide"];
  return el("button", { type: "button", class: kinds.filter(Boolean).join(" "), onclick, ...more }, sign && icon(sign), el("span", {}, words));
}

export function note(tone, sign, ...words) {
  return el("div", { class: `note note-${tone}` }, icon(sign), el("div", { class: "stack-s" }, ...words.map((one) => (typeof one === "string" ? el("p", {}, one) : one))));
}

// One question with its answers as large targets; the first one is what nobody has asked yet.
export function choices(name, legend, options, value, onchange, hint = "") {
  const hintId = hint ? `${name}-hint` : null;
  return el("fieldset", { class: "ask", "aria-describedby": hintId },
    el("legend", {}, legend),
    hint && el("p", { class: "hint", id: hintId }, hint),
    el("div", { class: "chips" }, options.map(([option, words, sign]) =>
      el("label", { class: "chip" },
        el("input", { type: "radio", name, value: option, checked: option === value, onchange: () => onchange(option) }),
        el("span", {}, sign && icon(sign), words)))));
}

export function field(id, label, control, hint = "") {
  if (hint) control.setAttribute("aria-describedby", `${id}-hint`);
  control.id = id;
  return el("div", { class: "field" }, el("label", { for: id }, label), hint && el("p", { class: "hint", id: `${id}-hint` }, hint), control);
}

export function threes(digits) {
  return digits.replace(/(\d{3})(?=\d)/g, "$1-");
}
