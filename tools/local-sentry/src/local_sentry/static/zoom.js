// Zoom of a trace: drag over the overview, and the waterfall shows that stretch alone.
"use strict";

const overview = document.querySelector(".overview");
const zoomArea = document.querySelector(".trace-area");
const NARROWEST = 0.05; // percent of the trace
const duration = () => Number(zoomArea?.querySelector("[data-duration]").dataset.duration); // µs
let shownFrom = 0; // percent
let shownTo = 100;
let knownDuration = duration();

function durationText(micros) {
  if (micros < 1000) return `${Math.round(micros)} µs`;
  if (micros < 1e6) return `${(micros / 1000).toFixed(micros < 1e4 ? 2 : 0)} ms`;
  if (micros < 6e7) return `${(micros / 1e6).toFixed(2)} s`;
  return `${Math.floor(micros / 6e7)} min ${Math.floor((micros / 1e6) % 60)} s`;
}

// As the server draws it: behind the bar if there is room, else before it, else inside at its end.
function placeLabel(label, left, right) {
  let [at, anchor] = [Math.min(right, 100), "inside"];
  if (right <= 84) [at, anchor] = [right, "start"];
  else if (left >= 16) [at, anchor] = [left, "end"];
  label.setAttribute("x", `${at}%`);
  label.setAttribute("class", anchor);
  label.setAttribute("dx", anchor === "start" ? 6 : -6);
  label.style.visibility = right < 0 || left > 100 ? "hidden" : "";
}

function zoom(from, to) {
  [shownFrom, shownTo] = [Math.max(from, 0), Math.min(to, 100)];
  const wide = shownTo - shownFrom;
  const place = (percent) => ((percent - shownFrom) * 100) / wide;
  for (const bar of zoomArea.querySelectorAll(".bar")) {
    const left = Number(bar.dataset.left);
    const right = left + Number(bar.dataset.width);
    const rect = bar.querySelector("rect");
    rect.setAttribute("x", `${place(left)}%`);
    rect.setAttribute("width", `${place(right) - place(left)}%`);
    for (const mark of bar.querySelectorAll("[data-at]")) {
      mark.setAttribute("x", `${place(Number(mark.dataset.at))}%`);
    }
    placeLabel(bar.querySelector("text"), place(left), place(right));
  }
  const total = duration();
  zoomArea.querySelectorAll(".ticks span").forEach((tick, number) => {
    const at = (total * (shownFrom + (wide * number) / 4)) / 100;
    tick.textContent = at ? durationText(at) : "0";
  });
  const whole = wide >= 100;
  overview.querySelector(".reset").hidden = whole;
  showWindow(whole ? 0 : shownFrom, whole ? 0 : shownTo);
}

function showWindow(from, to) {
  const zoomWindow = overview.querySelector(".window");
  zoomWindow.setAttribute("x", from * 10);
  zoomWindow.setAttribute("width", Math.max(to - from, 0) * 10);
}

function zoomToBar(bar) {
  const left = Number(bar.dataset.left);
  const width = Math.max(Number(bar.dataset.width), NARROWEST);
  zoom(left - width * 0.05, left + width * 1.05);
}

function dragFrom(event) {
  const box = overview.querySelector("svg").getBoundingClientRect();
  const percent = (moved) => Math.min(Math.max((100 * (moved.clientX - box.left)) / box.width, 0), 100);
  const start = percent(event);
  const ends = (moved) => [Math.min(start, percent(moved)), Math.max(start, percent(moved))];
  const move = (moved) => showWindow(...ends(moved));
  const stop = (moved) => {
    overview.removeEventListener("pointermove", move);
    const [from, to] = ends(moved);
    if (to - from >= 0.5) zoom(from, to);
    else zoom(shownFrom, shownTo); // A click changes nothing.
  };
  overview.setPointerCapture(event.pointerId);
  overview.addEventListener("pointermove", move);
  overview.addEventListener("pointerup", stop, { once: true });
}

overview?.addEventListener("pointerdown", (event) => {
  if (event.button === 0 && !event.target.closest(".reset")) dragFrom(event);
});
overview?.addEventListener("dblclick", () => zoom(0, 100));
overview?.addEventListener("click", (event) => event.target.closest(".reset") && zoom(0, 100));

// Live updates have drawn everything anew: the same stretch of time is shown, also of a trace that
// has grown meanwhile.
document.addEventListener("live:drawn", () => {
  if (!overview) return;
  const grown = knownDuration / duration();
  knownDuration = duration();
  if (shownTo - shownFrom < 100) zoom(shownFrom * grown, shownTo * grown);
});
