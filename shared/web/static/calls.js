// A call is kept while it is written down: a second after the first sign that was not kept yet. And the list of
// calls shows what rings without being asked for.
"use strict";

{
  const form = document.querySelector("form[data-draft]");
  const list = document.querySelector("[data-ringing]");

  // That a page asks by itself keeps nobody signed in who has gone: it says whether somebody is there.
  const WHILE = 60_000;
  const left = new URLSearchParams(location.search).get("touched") === "no";
  let touchedAt = left ? -WHILE : performance.now();
  for (const sign of ["pointerdown", "pointermove", "keydown", "input", "wheel"]) {
    addEventListener(sign, () => { touchedAt = performance.now(); }, { passive: true });
  }
  const isTouched = () => performance.now() - touchedAt < WHILE;
  const asking = (address) => `${address}${address.includes("?") ? "&" : "?"}touched=${isTouched() ? "yes" : "no"}`;

  if (form) {
    const state = document.getElementById("draft-state");
    const clash = document.getElementById("changed");
    const version = form.elements.namedItem("version");
    let timer = null, sending = null, again = false, over = false;

    const body = () => {
      const data = new FormData(form);
      data.delete("do");
      return new URLSearchParams(data);
    };

    async function keep() {
      if (over) return;
      if (sending) {
        again = true; // what was typed meanwhile goes after what is on its way
        return sending;
      }
      sending = post();
      await sending;
      sending = null;
      if (again) {
        again = false;
        await keep();
      }
    }

    async function post() {
      try {
        const answer = await fetch(asking(form.dataset.draft), { method: "POST", body: body(), redirect: "manual" });
        if (answer.type === "opaqueredirect") {
          state.textContent = state.dataset.out;
        } else if (answer.status === 409) {
          over = true;
          clash.hidden = false;
        } else if (answer.ok) {
          version.value = (await answer.json()).version;
          state.textContent = state.dataset.kept;
        } else {
          state.textContent = state.dataset.away;
        }
      } catch {
        state.textContent = state.dataset.away;
        soon();
      }
    }

    function soon() {
      timer ??= setTimeout(() => {
        timer = null;
        keep();
      }, 1000);
    }

    form.addEventListener("input", soon);
    form.addEventListener("change", soon);
    form.addEventListener("submit", (event) => {
      clearTimeout(timer);
      timer = null;
      if (!sending) return;
      // The page that is sent takes the version that comes back first.
      event.preventDefault();
      const pressed = event.submitter;
      sending.finally(() => form.requestSubmit(pressed));
    });
    addEventListener("pagehide", () => {
      if (timer !== null && !over) navigator.sendBeacon(form.dataset.draft, body());
    });
    // Whoever listens and types nothing stays signed in for as long as the call goes on.
    if ("goesOn" in form.dataset) setInterval(keep, 60000);
  }

  if (list) {
    const known = list.dataset.ringing;
    let leaving = false; // a button was pressed: what it leads to is not to be interrupted
    addEventListener("submit", () => { leaving = true; });
    addEventListener("pageshow", () => { leaving = false; });
    setInterval(async () => {
      if (leaving) return;
      try {
        const answer = await fetch(asking("/desk/calls/ringing"), { redirect: "manual" });
        // Signed out: the page to sign in on, rather than one on which nothing seems to ring.
        if (answer.type === "opaqueredirect") return location.reload();
        if (!answer.ok) return;
        const now = (await answer.json()).ringing.join(" ");
        if (now === known || leaving) return;
        if (isTouched()) return location.reload();
        const here = new URL(location.href);
        here.searchParams.set("touched", "no");
        location.replace(here);
      } catch { /* asked again in a moment */ }
    }, 2000);
  }
}
