// What all pages have: the keyboard, its help, light and dark, search forms, copy buttons.
"use strict";

const keys = document.getElementById("keys");
let goes = false; // "g" was pressed: the next key names a page.

function toggleTheme() {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const next = (root.dataset.theme ?? system) === "dark" ? "light" : "dark";
  root.dataset.theme = next;
  try {
    if (next === system) localStorage.removeItem("theme");
    else localStorage.setItem("theme", next);
  } catch {
    // Storage is forbidden here: the choice lasts as long as the page.
  }
}

function walk(by) {
  // Asked anew each time: live updates replace rows.
  const rows = [...document.querySelectorAll("a.row, .log > summary")];
  if (!rows.length) return;
  const place = rows.indexOf(document.activeElement) + by;
  rows[Math.min(Math.max(place, 0), rows.length - 1)].focus();
}

const actions = {
  "/": () => document.querySelector(".search input")?.focus(),
  "?": () => (keys.open ? keys.close() : keys.showModal()),
  d: toggleTheme,
  j: () => walk(1),
  k: () => walk(-1),
  ArrowLeft: () => document.querySelector(".step [rel=prev]")?.click(),
  ArrowRight: () => document.querySelector(".step [rel=next]")?.click(),
};

function isForKeys(event) {
  const typing = event.target.closest?.("input, select, textarea, [contenteditable]");
  return !(typing || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey);
}

// Before the page's own meanings of a key: what follows "g" names a page.
document.addEventListener(
  "keydown",
  (event) => {
    if (!isForKeys(event)) return;
    const link = goes && document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    goes = !goes && event.key === "g";
    if (!link) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    link.click();
  },
  true,
);

document.addEventListener("keydown", (event) => {
  // Traces and replays give some keys a meaning of their own, and prevent the default.
  if (!isForKeys(event) || !Object.hasOwn(actions, event.key)) return;
  if (keys.open && event.key !== "?") return;
  if (event.key === "/") event.preventDefault();
  actions[event.key]();
});

document.getElementById("theme").addEventListener("click", toggleTheme);
document.getElementById("help").addEventListener("click", () => keys.showModal());
keys.addEventListener("click", (event) => event.target === keys && keys.close());

// On the document: live updates replace what they are about.
document.addEventListener("change", (event) => {
  if (event.target.matches(".search select, [data-submits]")) event.target.form.requestSubmit();
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copies]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copies);
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(source); // The clipboard is not ours here: Ctrl-C it is.
    button.textContent = "Selected";
  }
  setTimeout(() => (button.textContent = label), 1500);
});
