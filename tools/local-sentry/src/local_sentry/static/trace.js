// The trace page: details of a span beside the waterfall, folding, keyboard.
"use strict";

const area = document.querySelector(".trace-area");
const panel = area?.querySelector(".panel");
const folded = new Map(); // What the person folded and unfolded, by the span's key.
let spans = area ? [...area.querySelectorAll(".span")] : [];
let asked = 0;

const depth = (span) => Number(span.dataset.depth);
const selected = () => spans.find((span) => span.getAttribute("aria-selected") === "true");
const isFolded = (span) => span.getAttribute("aria-expanded") === "false";

function hidePanel() {
  panel.hidden = true;
  area.classList.remove("with-panel");
  history.replaceState(null, "", location.pathname);
}

function close() {
  asked += 1;
  selected()?.setAttribute("aria-selected", "false");
  hidePanel();
}

async function select(span) {
  const ticket = ++asked;
  for (let holder = span; (holder = parentOf(holder)); ) if (isFolded(holder)) fold(holder, false);
  selected()?.setAttribute("aria-selected", "false");
  span.setAttribute("aria-selected", "true");
  span.focus({ preventScroll: true });
  span.scrollIntoView({ block: "nearest" });
  if (!span.dataset.span) return hidePanel(); // A group of spans has no details.
  history.replaceState(null, "", span.getAttribute("href"));
  const answer = await fetch(`/explore/traces/trace/${area.dataset.trace}/span/${span.dataset.span}/`);
  const text = await answer.text();
  if (ticket !== asked || !answer.ok) return; // Another span was chosen meanwhile.
  panel.innerHTML = text; // Rendered and escaped by the server.
  panel.hidden = false;
  area.classList.add("with-panel");
}

function reveal() {
  let foldedAt = Infinity;
  for (const span of spans) {
    if (depth(span) <= foldedAt) foldedAt = Infinity;
    span.hidden = depth(span) > foldedAt;
    if (!span.hidden && isFolded(span)) foldedAt = depth(span);
  }
}

function fold(span, isFolded) {
  if (!span.hasAttribute("aria-expanded")) return;
  span.setAttribute("aria-expanded", String(!isFolded));
  folded.set(span.dataset.key, isFolded);
  reveal();
}

function step(by) {
  const visible = spans.filter((span) => !span.hidden || span === selected());
  let place = visible.indexOf(selected());
  if (place < 0) place = by > 0 ? -1 : visible.length;
  const next = visible[place + by];
  if (next) select(next);
}

function stepToError(by) {
  const errors = spans.filter((span) => span.classList.contains("has-error"));
  if (by < 0) errors.reverse();
  const place = spans.indexOf(selected());
  const next = errors.find((span) => place < 0 || (spans.indexOf(span) - place) * by > 0);
  if (next) select(next);
}

function parentOf(span) {
  for (let place = spans.indexOf(span) - 1; place >= 0; place -= 1) {
    if (depth(spans[place]) < depth(span)) return spans[place];
  }
}

area?.addEventListener("click", (event) => {
  const span = event.target.closest(".span");
  if (event.target.closest(".close")) {
    event.preventDefault();
    close();
  } else if (span && (event.target.closest(".fold") || !span.dataset.span)) {
    event.preventDefault();
    fold(span, !isFolded(span));
  } else if (span && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    select(span);
  }
});

document.addEventListener("keydown", (event) => {
  if (!area || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]")) return; // The help has its own Escape.
  const current = selected();
  const actions = {
    ArrowDown: () => step(1),
    j: () => step(1),
    ArrowUp: () => step(-1),
    k: () => step(-1),
    e: () => stepToError(1),
    E: () => stepToError(-1),
    ArrowLeft: () => {
      if (!current) return;
      if (current.hasAttribute("aria-expanded") && !isFolded(current)) fold(current, true);
      else if (parentOf(current)) select(parentOf(current));
    },
    ArrowRight: () => current && fold(current, false),
    Escape: close,
    z: () => current && zoomToBar(current.querySelector(".bar")),
    0: () => zoom(0, 100),
  };
  if (Object.hasOwn(actions, event.key)) {
    event.preventDefault();
    actions[event.key]();
  }
});

const first = selected();
if (first) {
  for (let holder = first; (holder = parentOf(holder)); ) if (isFolded(holder)) fold(holder, false);
  first.scrollIntoView({ block: "center" });
}

// Live updates have drawn the spans anew; the server has marked the selected one.
document.addEventListener("live:drawn", () => {
  spans = area ? [...area.querySelectorAll(".span")] : [];
  for (const span of spans) {
    if (folded.has(span.dataset.key) && span.hasAttribute("aria-expanded")) {
      span.setAttribute("aria-expanded", String(!folded.get(span.dataset.key)));
    }
  }
  reveal();
});
