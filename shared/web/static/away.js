// Esc or Shift, pressed three times within five seconds, is the same as the way out. Who listens to the page is told.
"use strict";

{
  const TIMES = 3, WITHIN = 5_000;
  const told = document.getElementById("away");
  let key = "", times = 0, timer = null;

  function anew() {
    clearTimeout(timer);
    key = "";
    times = 0;
    told.textContent = "";
  }

  document.addEventListener("keyup", (event) => {
    if (event.key !== "Escape" && event.key !== "Shift") return anew(); // a capital letter is no way out
    if (event.key !== key) anew();
    key = event.key;
    times += 1;
    clearTimeout(timer);
    timer = setTimeout(anew, WITHIN);
    told.textContent = told.dataset[times === 1 ? "twice" : times === 2 ? "once" : "gone"];
    if (times < TIMES) return;
    anew();
    document.querySelector(".wz-leave").click();
  });
}
