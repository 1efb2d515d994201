// The replay page: the player, and beside it what happened, each following the other.
"use strict";

const area = document.querySelector(".replay");
const holder = area.querySelector(".player");
const list = area.querySelector(".moments");
const address = area.querySelector(".address");
const none = area.querySelector(".none");
const JUMP = 5000; // ms
const CONTROLLER = 80; // px, of the player's own controls
let player = null;
let start = 0; // ms since the epoch
let now = 0; // ms since the start
let beyond = 0; // ms since the start: what was gone to lies behind the recording's end
let playing = false;
let addresses = [];

const items = () => [...list.children];
const shown = () => items().filter((item) => !item.hidden);
const offset = (item) => Number(item.dataset.at) - start;

function clock(offsetMs) {
  const sign = offsetMs < -500 ? "−" : "";
  const seconds = Math.floor(Math.max(sign ? -offsetMs : offsetMs, 0) / 1000);
  return `${sign}${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function itemOf(moment) {
  const item = document.createElement("li");
  item.className = `moment ${moment.kind} ${moment.level}`;
  item.dataset.kind = moment.kind;
  item.dataset.at = moment.at;
  const button = document.createElement("button");
  button.type = "button";
  for (const [name, value] of [["mono at", ""], ["category", moment.category], ["said", moment.said]]) {
    const part = document.createElement("span");
    part.className = name;
    part.textContent = value;
    button.append(part);
  }
  item.append(button);
  return item;
}

function fillList(moments) {
  const all = [...items(), ...moments.map(itemOf)];
  all.sort((a, b) => Number(a.dataset.at) - Number(b.dataset.at));
  if (!start) start = Number(all[0]?.dataset.at ?? 0);
  for (const item of all) item.querySelector(".at").textContent = clock(offset(item));
  list.replaceChildren(...all);
  for (const button of area.querySelectorAll("[data-kind][aria-pressed]")) {
    const kind = button.dataset.kind;
    const count = all.filter((item) => kind === "all" || item.dataset.kind === kind).length;
    button.querySelector(".count").textContent = count;
  }
  none.hidden = all.length > 0;
}

function show(kind) {
  for (const button of area.querySelectorAll("[data-kind][aria-pressed]")) {
    button.setAttribute("aria-pressed", String(button.dataset.kind === kind));
  }
  for (const item of items()) item.hidden = kind !== "all" && item.dataset.kind !== kind;
  none.hidden = shown().length > 0;
}

function follow(time) {
  now = time;
  let current = null;
  for (const item of shown()) {
    const past = offset(item) <= now + 1;
    item.classList.toggle("past", past);
    if (past) current = item;
  }
  const before = list.querySelector("[aria-current]");
  if (before !== current) {
    before?.removeAttribute("aria-current");
    current?.setAttribute("aria-current", "true");
    // The list alone is scrolled, never the page.
    if (current) list.scrollTop = current.offsetTop - list.offsetTop - list.clientHeight / 2;
  }
  const here = addresses.findLast((each) => each.at <= start + now + 1) ?? addresses[0];
  address.textContent = here?.href ?? "";
}

function goTo(time) {
  const end = player?.getMetaData().totalTime ?? time;
  const place = Math.min(Math.max(time, 0), end);
  beyond = time > end ? time : 0;
  player?.goto(place, playing);
  follow(Math.max(time, 0));
}

function size(events) {
  const meta = events.find((event) => event.type === 4);
  const [width, height] = [meta?.data.width || 1024, meta?.data.height || 576];
  const room = holder.clientWidth;
  const most = Math.max(innerHeight - holder.getBoundingClientRect().top - CONTROLLER - 40, 240);
  return { width: room, height: Math.round(Math.min((room * height) / width, most)) };
}

function startPlayer(events) {
  holder.replaceChildren();
  player = new rrwebPlayer.Player({
    target: holder,
    props: {
      events,
      ...size(events),
      autoPlay: false,
      maxScale: 0,
      skipInactive: true,
      mouseTail: false,
      triggerFocus: false, // would take the keyboard into the frame
      showWarning: false,
      UNSAFE_replayCanvas: false, // would let scripts run in the frame
    },
  });
  start = player.getMetaData().startTime;
  player.addEventListener("ui-update-current-time", ({ payload }) => follow(Math.max(payload, beyond)));
  player.addEventListener("ui-update-player-state", ({ payload }) => (playing = payload === "playing"));
}

function step(by, wanted = () => true) {
  const choices = shown().filter(wanted);
  const place = choices.findLastIndex((item) => offset(item) <= now + 1);
  const next = choices[by > 0 ? place + 1 : Math.max(place - 1, 0)];
  if (next) goTo(offset(next));
}

area.addEventListener("click", (event) => {
  const filter = event.target.closest("[data-kind][aria-pressed]");
  const moment = event.target.closest(".moment button");
  if (filter) show(filter.dataset.kind);
  else if (moment) goTo(offset(moment.parentElement));
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.closest("button, a, input") && (event.key === " " || event.key === "Enter")) return;
  const actions = {
    " ": () => player?.toggle(),
    ArrowLeft: () => goTo(now - JUMP),
    ArrowRight: () => goTo(now + JUMP),
    j: () => step(1),
    k: () => step(-1),
    e: () => step(1, (item) => item.dataset.kind === "error"),
  };
  if (Object.hasOwn(actions, event.key)) {
    event.preventDefault();
    actions[event.key]();
  }
});

function wantedStart() {
  const wanted = new URLSearchParams(location.search);
  const error = items().find((item) => item.dataset.event && item.dataset.event === wanted.get("event"));
  if (error) return Math.max(offset(error) - 3000, 0);
  return (Number(wanted.get("t")) || 0) * 1000;
}

async function load() {
  const status = holder.querySelector(".loading");
  try {
    const { project, replay, segments } = area.dataset;
    const { events, first } = await fetchRecording(project, replay, Number(segments), (done, all) => {
      if (all > 5) status.textContent = `Loading the recording… ${Math.round((100 * done) / all)}%`;
    });
    // Errors carry the server's time, which has set a wrong clock right; the recording has not.
    const drift = first === null || !area.dataset.first ? 0 : Number(area.dataset.first) - first;
    for (const item of items()) item.dataset.at = Number(item.dataset.at) - drift;
    addresses = addressesOf(events);
    const own = played(events);
    if (own.length) startPlayer(own);
    else status.textContent = "Nothing of this replay can be played: its first segments are missing.";
    fillList(momentsOf(events));
    goTo(wantedStart());
  } catch (error) {
    status.textContent = `The recording cannot be played. ${error.message}`;
    if (!holder.contains(status)) holder.replaceChildren(status);
    fillList([]);
  }
  area.dataset.ready = "true";
}

load();
