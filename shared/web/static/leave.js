// The way out of the site. Without JavaScript it is a link; with it, the Back key finds nothing that was typed.
"use strict";

const LEFT = "left";

function leave() {
  document.documentElement.hidden = true;
  for (const one of document.querySelectorAll("input:not([type=hidden]), textarea, select")) {
    if (one.type === "checkbox" || one.type === "radio") one.checked = false;
    else one.value = "";
  }
  const out = document.querySelector(".wz-leave");
  if (!out.form) return location.replace(out.href);
  // What this page would send again is told to be over; nobody waits for that.
  fetch(out.form.action, { method: "POST", body: new URLSearchParams(new FormData(out.form)), keepalive: true }).catch(() => {});
  location.replace(out.form.action);
}

document.addEventListener("click", (event) => {
  if (!event.target.closest(".wz-leave")) return;
  event.preventDefault();
  try {
    sessionStorage.setItem(LEFT, "1");
  } catch { /* a browser that keeps nothing for us: the page itself is emptied all the same */ }
  leave();
});

// Whoever comes back by the Back key after the leaving is led out again; whoever comes anew is not.
addEventListener("pageshow", (event) => {
  const back = event.persisted || performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  try {
    if (!back) sessionStorage.removeItem(LEFT);
    else if (sessionStorage.getItem(LEFT)) leave();
  } catch { /* nothing was kept */ }
});
