// Whoever has a page open says so while it is, and is told who else has.
"use strict";

{
  const EVERY = 45_000;
  const form = document.querySelector("form[data-here]");
  const others = document.getElementById("others");

  async function say() {
    if (document.hidden) return;
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (!answer.ok || answer.redirected) return;
      const said = (await answer.json()).others;
      if (others.textContent.trim() !== said) others.textContent = said;
      others.classList.toggle("wz-unseen", !said);
    } catch { /* the page works without it; it is said anew in a moment */ }
  }

  if (form) setInterval(say, EVERY);
}
