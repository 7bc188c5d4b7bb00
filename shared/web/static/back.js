// What was typed is gone once it was sent: the Back key finds an empty form. Until then it finds what was typed.
"use strict";

{
  const SENDING = "sending", DONE = "done";
  const kept = (key) => JSON.parse(sessionStorage.getItem(key) ?? "[]");
  const keep = (key, ids) => sessionStorage.setItem(key, JSON.stringify(ids));
  const fields = "input:not([type=hidden]), textarea, select";

  function empty(all) {
    for (const one of document.querySelectorAll(fields)) {
      if (!all && one.type !== "password") continue;
      if (one.type === "checkbox" || one.type === "radio") one.checked = one.defaultChecked && !all;
      else one.value = "";
    }
  }

  // This page of the history is known again when somebody comes back to it.
  document.addEventListener("submit", (event) => {
    if (event.submitter?.name === "switch") return; // another language: nothing is sent
    const id = history.state?.form ?? String(Math.random());
    history.replaceState({ form: id }, "");
    try {
      keep(SENDING, [...kept(SENDING), id]);
    } catch { /* a browser that keeps nothing for us also keeps no page that was sent */ }
  });

  // The answer that says that it was done: only now are the forms that led to it done with.
  if ("done" in document.body.dataset) {
    try {
      keep(DONE, [...kept(DONE), ...kept(SENDING)]);
      keep(SENDING, []);
    } catch { /* nothing was kept */ }
  }

  addEventListener("pageshow", (event) => {
    let sent = false;
    try {
      if (sessionStorage.getItem("left")) return; // on the way out: leave.js
      sent = kept(DONE).includes(history.state?.form);
    } catch { /* nothing was kept */ }
    if (sent) {
      empty(true);
      document.documentElement.hidden = true;
      history.replaceState(null, "");
      location.replace(location.pathname + location.search); // a new form, with a token of its own
    } else if (event.persisted) {
      empty(false); // a key is typed anew
      if ("private" in document.body.dataset) {
        document.documentElement.hidden = true;
        location.reload(); // whether it may still be seen is asked anew
      }
    }
  });
}
