// Live updates: asks what is newest, and when that changes fetches the page's live parts again.
// Nothing is asked while the tab is hidden or the person has paused. A page about one thing asks
// about that (`data-live-of`), and may name where its parts come from (`data-live-from`): whoever
// reads an event goes on reading it when a newer one arrives.
"use strict";

const parts = () => [...document.querySelectorAll("[data-live]")];
const page = document.querySelector("main").dataset;
const question = page.liveOf ? `/live/?of=${page.liveOf}` : "/live/";
const button = document.getElementById("live");
const EVERY = 2000; // ms
const STALE = 60_000; // ms: then "5 min ago" is no longer true
let known = null;
let drawn = Date.now();
let timer = null;

const paused = () => button.getAttribute("aria-pressed") !== "true";
const watched = () => new Set(parts().flatMap((part) => part.dataset.live.split(" ")));

function isBusy() {
  const active = document.activeElement;
  return (
    !getSelection().isCollapsed ||
    parts().some((part) => part.contains(active) && active.matches("input, select, textarea"))
  );
}

async function refresh() {
  const answer = await fetch(page.liveFrom ?? location.href);
  if (!answer.ok) return;
  // Rendered and escaped by the server; scripts in a parsed document never run.
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const { scrollX: left, scrollY: top } = window;
  for (const part of parts()) {
    const next = fresh.getElementById(part.id);
    if (!next) continue;
    const open = [...part.querySelectorAll("details[open][data-key]")].map((d) => d.dataset.key);
    const seen = new Set([...part.querySelectorAll("[data-key]")].map((e) => e.dataset.key));
    const focused = part.contains(document.activeElement)
      ? document.activeElement.closest("[data-key]")?.dataset.key
      : undefined;
    part.replaceChildren(...next.childNodes);
    for (const element of part.querySelectorAll("[data-key]")) {
      const key = element.dataset.key;
      if (element.matches("details")) element.open = open.includes(key);
      if (seen.size && !seen.has(key)) element.classList.add("arrived");
      if (key === focused) {
        (element.querySelector(":scope > summary") ?? element).focus({ preventScroll: true });
      }
    }
  }
  drawn = Date.now();
  document.dispatchEvent(new Event("live:drawn"));
  scrollTo({ left, top, behavior: "instant" }); // Nobody is moved by what arrives.
}

async function look() {
  timer = null;
  try {
    const answer = await fetch(question);
    const newest = await answer.json();
    const changed = known && [...watched()].some((name) => newest[name] !== known[name]);
    if ((changed || Date.now() - drawn > STALE) && !isBusy()) {
      known = newest;
      await refresh();
    } else if (!changed) {
      known = newest;
    }
    button.classList.remove("lost");
  } catch {
    button.classList.add("lost"); // The server is away; ask again.
  }
  schedule();
}

function schedule(after = EVERY) {
  clearTimeout(timer);
  timer = document.hidden || paused() ? null : setTimeout(look, after);
}

if (parts().length) {
  button.hidden = false;
  button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(paused()));
    schedule(0);
  });
  document.addEventListener("visibilitychange", () => schedule(0));
  schedule(0);
}
