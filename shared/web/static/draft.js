// What is typed is kept a second after the last sign, so that a session that ends loses nothing.
"use strict";

{
  const AFTER = 1_000;
  const form = document.querySelector("form[data-keep]");
  const told = document.getElementById("kept");
  let timer = null, sending = false, again = false, over = false;

  async function keep() {
    if (sending) { again = true; return; } // what was typed meanwhile goes after what is on its way
    sending = true;
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.dataset.keep, { method: "POST", body, redirect: "manual" });
      // Sent to the sign-in page, or a form of a session that is over: nothing that is typed here is kept any more.
      const out = answer.type === "opaqueredirect" || answer.status === 403;
      if (!out && !answer.ok) throw new Error(answer.status);
      told.textContent = out ? told.dataset.out : told.dataset.kept;
    } catch {
      told.textContent = told.dataset.away;
      clearTimeout(timer);
      if (!over) timer = setTimeout(keep, 5 * AFTER);
    }
    sending = false;
    if (again && !over) { again = false; keep(); }
  }

  form?.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, AFTER);
  });
  form?.addEventListener("submit", () => {
    over = true; // what is sent is kept with it
    clearTimeout(timer);
  });
}
