// Keyboard on the issue pages: "/" searches, j and k walk the list, Enter opens.
"use strict";

const rows = [...document.querySelectorAll("a.row")];

document.addEventListener("keydown", (event) => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    document.querySelector(".search input")?.focus();
    event.preventDefault();
  } else if ((event.key === "j" || event.key === "k") && rows.length) {
    const place = rows.indexOf(document.activeElement) + (event.key === "j" ? 1 : -1);
    rows[Math.min(Math.max(place, 0), rows.length - 1)].focus();
  } else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
    document.querySelector(`.step [rel=${event.key === "ArrowLeft" ? "prev" : "next"}]`)?.click();
  }
});

for (const select of document.querySelectorAll(".search select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}
