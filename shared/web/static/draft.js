// What is typed is kept a second after the last sign, so that a session that ends loses nothing.
"use strict";

{
  const AFTER = 1_000;
  const form = document.querySelector("form[data-keep]");
  const told = document.getElementById("kept");
  let timer = null, sending = false, again = false;

  async function keep() {
    if (sending) { again = true; return; } // what was typed meanwhile goes after what is on its way
    sending = true;
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.dataset.keep, { method: "POST", body, redirect: "manual" });
      told.textContent = answer.type === "opaqueredirect" ? told.dataset.out : answer.ok ? told.dataset.kept : told.dataset.away;
    } catch {
      told.textContent = told.dataset.away;
      timer = setTimeout(keep, 5 * AFTER);
    }
    sending = false;
    if (again) { again = false; keep(); }
  }

  form?.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, AFTER);
  });
  form?.addEventListener("submit", () => clearTimeout(timer));
}
