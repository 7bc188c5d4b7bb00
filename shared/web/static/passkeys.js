// Making and showing passkeys. A form with `data-passkey` asks what the browser is to be asked, asks it, and is
// sent with the answer. Where the browser has no passkeys, the form stays hidden.
"use strict";

{
  const bytes = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const each = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

  function question(asked) {
    const publicKey = { ...asked, challenge: bytes(asked.challenge) };
    if (asked.user) publicKey.user = { ...asked.user, id: bytes(asked.user.id) };
    if (asked.excludeCredentials) publicKey.excludeCredentials = each(asked.excludeCredentials);
    if (asked.allowCredentials) publicKey.allowCredentials = each(asked.allowCredentials);
    return { publicKey };
  }

  function answer({ id, rawId, type, response }) {
    const said = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (response[name]) said[name] = text(response[name]);
    }
    return JSON.stringify({ id, rawId: text(rawId), type, response: said });
  }

  function say(form, what) {
    form.querySelector("[data-wrong]").textContent =
      what ? form.querySelector(`[data-says="${what}"]`).content.textContent : "";
  }

  async function options(form) {
    const got = await fetch(form.dataset.options, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (got.redirected) {
      location.assign(got.url); // to sign in, or to prove again who one is
      return null;
    }
    if (!got.ok) throw new Error("away");
    return question(await got.json());
  }

  async function go(form) {
    say(form, "");
    form.setAttribute("aria-busy", "true");
    try {
      const asked = await options(form);
      if (!asked) return;
      form.elements.credential.value = answer(await navigator.credentials[form.dataset.passkey](asked));
      form.submit();
    } catch (problem) {
      if (problem.name === "InvalidStateError") say(form, "known");
      else if (problem.name === "NotAllowedError" || problem.name === "AbortError") say(form, "stopped");
      else say(form, "away");
    } finally {
      form.removeAttribute("aria-busy");
    }
  }

  if (window.PublicKeyCredential && navigator.credentials) {
    for (const form of document.querySelectorAll("form[data-passkey]")) {
      form.hidden = false;
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        if (form.getAttribute("aria-busy") !== "true") go(form);
      });
    }
  }
}
