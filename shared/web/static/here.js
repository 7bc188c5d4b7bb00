// Whoever has a page open says so while it is, and is told who else has.
"use strict";

{
  const EVERY = 45_000;
  const form = document.querySelector("form[data-here]");
  const others = document.getElementById("others");
  // A page that was left open keeps nobody signed in: it says whether somebody is there.
  let touched = true;
  for (const sign of ["pointerdown", "pointermove", "keydown", "input", "wheel"]) {
    addEventListener(sign, () => { touched = true; }, { passive: true });
  }

  async function say() {
    if (document.hidden) return;
    const told = touched ? "yes" : "no";
    touched = false;
    try {
      const answer = await fetch(`${form.action}?touched=${told}`, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (!answer.ok || answer.redirected) return;
      const said = (await answer.json()).others;
      if (others.textContent.trim() !== said) others.textContent = said;
      others.classList.toggle("wz-unseen", !said);
    } catch { /* the page works without it; it is said anew in a moment */ }
  }

  if (form) setInterval(say, EVERY);
}
