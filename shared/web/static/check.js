// While somebody types to a family, the page says what is wrong with the words and how much still fits.
"use strict";

{
  const AFTER = 500;
  const form = document.querySelector("form[data-check]");
  const told = document.getElementById("checked");
  let timer = null, latest = 0;

  async function check() {
    const mine = ++latest;
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.dataset.check, { method: "POST", body, redirect: "manual" });
      const said = answer.type === "opaqueredirect" ? "" : (await answer.json()).said;
      if (mine === latest && said !== undefined) told.textContent = said;
    } catch { /* what is wrong is said again when it is sent */ }
  }

  form?.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(check, AFTER);
  });
}
