"use strict";
// Comfort only: every page works without it.

const people = () => [...document.querySelectorAll("a.person")];

function move(by) {
  const all = people();
  const box = document.querySelector("input[type=search]");
  const at = all.indexOf(document.activeElement) + by;
  const next = at < 0 ? box : all[Math.min(at, all.length - 1)];
  if (next) next.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const box = document.querySelector("input[type=search]");
  const inList = document.activeElement === box || people().includes(document.activeElement);
  if ((event.key === "ArrowDown" || event.key === "ArrowUp") && box && inList) {
    event.preventDefault();
    move(event.key === "ArrowDown" ? 1 : -1);
    return;
  }
  if (event.target.matches("input:not([type=radio], [type=checkbox]), textarea, select")) return;
  const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!target || event.repeat) return; // a key that is held down decides once
  event.preventDefault();
  if (target.matches("input")) target.focus();
  else target.click();
});

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const secure = location.protocol === "https:" ? "; secure" : "";
if (zone) document.cookie = `browser_time_zone=${zone}; path=/; max-age=31536000; samesite=lax${secure}`;

const notUpdated = document.querySelector("#not-updated");
for (const failure of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(failure, () => { notUpdated.hidden = false; });
}
document.addEventListener("htmx:afterSwap", () => { notUpdated.hidden = true; });
