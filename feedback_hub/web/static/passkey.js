// Passkeys: asks the browser to make one, or to show one, and hands the answer in with the form.
(function () {
  "use strict";
  const forms = document.querySelectorAll("form[data-passkey]");
  if (!window.PublicKeyCredential || !navigator.credentials) return;

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const said = (form, words) => {
    const place = form.querySelector("[data-said]");
    place.textContent = words;
    place.hidden = !words;
  };

  async function options(form) {
    const answer = await fetch(form.dataset.passkey, { method: "POST", body: new FormData(form), credentials: "same-origin" });
    const given = await answer.json().catch(() => ({}));
    if (answer.ok) return given;
    said(form, given.problem || form.dataset.failed);
    return null;
  }
  function readied(given) {
    given.challenge = bytes(given.challenge);
    if (given.user) given.user.id = bytes(given.user.id);
    for (const list of [given.excludeCredentials, given.allowCredentials]) {
      for (const one of list || []) one.id = bytes(one.id);
    }
    return given;
  }
  function written(made) {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (made.response[name]) response[name] = text(made.response[name]);
    }
    return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response, clientExtensionResults: {} });
  }
  async function go(form) {
    said(form, "");
    const given = await options(form);
    if (!given) return;
    const publicKey = readied(given);
    let made;
    try {
      made = form.dataset.does === "make" ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey });
    } catch (refused) {
      said(form, form.dataset.failed);
      return;
    }
    form.elements.credential.value = written(made);
    form.submit();
  }
  for (const form of forms) {
    form.hidden = false;
    let asking = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      // A second question would make the first one's answer void.
      if (asking) return;
      asking = true;
      go(form).catch(() => said(form, form.dataset.failed)).finally(() => { asking = false; });
    });
  }
})();
