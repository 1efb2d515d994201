// A replay's recording, fetched part by part and told apart: what the player plays, and the
// moments that a person reads beside it. Everything in it was written by a stranger.
"use strict";

const PER_REQUEST = 5; // segments; each may be megabytes
const CUSTOM = 5; // rrweb's event type for what an SDK adds
const META = 4; // rrweb's event type for a page's address and size
const LATEST_SECOND = 4_102_444_800; // the year 2100

// rrweb counts milliseconds; Sentry's SDK gives some of its own events in seconds.
const milliseconds = (time) => (time > LATEST_SECOND ? time : time * 1000);
const text = (value) =>
  value === undefined || value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
const cut = (value, most = 300) => (value.length > most ? `${value.slice(0, most)} …` : value);

async function fetchRecording(project, replay, segments, onProgress) {
  const base = `/api/0/projects/kijko/${encodeURIComponent(project)}/replays/${replay}/recording-segments/`;
  const events = [];
  let first = null; // the earliest moment of the first segment, by the browser's clock
  for (let from = 0; from < segments; from += PER_REQUEST) {
    onProgress(from, segments);
    const answer = await fetch(`${base}?download&per_page=${PER_REQUEST}&cursor=0:${from}:0`);
    if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
    for (const segment of await answer.json()) {
      const times = segment.map((event) => event?.timestamp).filter(Number.isFinite).map(milliseconds);
      first ??= times.length ? times.reduce((least, time) => Math.min(least, time)) : null;
      for (const event of segment) {
        const whole = event && typeof event === "object" && event.data && typeof event.data === "object";
        if (whole && Number.isFinite(event.timestamp) && Number.isInteger(event.type)) events.push(event);
      }
    }
  }
  return { events, first };
}

// What the player plays: rrweb's own events in order. Without a snapshot there is nothing to see.
function played(events) {
  const own = events.filter((event) => event.type !== CUSTOM && event.timestamp > LATEST_SECOND);
  own.sort((a, b) => a.timestamp - b.timestamp);
  return own.length > 1 && own.some((event) => event.type === 2) ? own : [];
}

function breadcrumb(payload) {
  const category = text(payload.category) || text(payload.type);
  const data = payload.data && typeof payload.data === "object" ? payload.data : {};
  let said = text(payload.message);
  if (category === "navigation") said = `${text(data.from)} → ${text(data.to)}`;
  const node = data.node;
  if (category.startsWith("ui.") && node && typeof node === "object") {
    const own = Object.entries(node.attributes ?? {}).map(([name, value]) => `[${name}="${text(value)}"]`);
    said = `${text(node.tagName)}${own.join("")}` || said;
  }
  return {
    kind: category === "console" ? "console" : "action",
    level: ["error", "fatal", "warning"].includes(payload.level) ? payload.level : "",
    category,
    said,
  };
}

function performanceSpan(payload) {
  const operation = text(payload.op);
  const data = payload.data && typeof payload.data === "object" ? payload.data : {};
  const length = Math.round((milliseconds(payload.endTimestamp) - milliseconds(payload.startTimestamp)) || 0);
  if (operation.startsWith("resource.")) {
    const status = Number(data.statusCode) || 0;
    const said = [text(data.method), text(payload.description), status || "", `${length} ms`];
    const level = status >= 400 ? "error" : "";
    return { kind: "network", level, category: operation, said: said.filter(Boolean).join(" ") };
  }
  if (operation === "memory") return null; // Twice a minute, and nothing happened.
  const value = Number.isFinite(data.value) ? ` ${Math.round(data.value)} ms` : "";
  return { kind: "action", level: "", category: operation, said: text(payload.description) + value };
}

// The moments of a recording, in order: {at: ms since the epoch, kind, level, category, said}.
function momentsOf(events) {
  const moments = [];
  for (const event of events) {
    const payload = event.data.payload;
    if (event.type !== CUSTOM || !payload || typeof payload !== "object") continue;
    const read = { breadcrumb, performanceSpan }[event.data.tag];
    const moment = read?.(payload);
    const at = milliseconds(payload.startTimestamp ?? payload.timestamp ?? event.timestamp);
    if (!moment || !Number.isFinite(at)) continue;
    moments.push({ ...moment, at, category: cut(moment.category, 60), said: cut(moment.said) });
  }
  return moments.sort((a, b) => a.at - b.at);
}

// Where the person was: [{at, href}], oldest first.
function addressesOf(events) {
  return events
    .filter((event) => event.type === META && typeof event.data.href === "string")
    .map((event) => ({ at: event.timestamp, href: event.data.href }))
    .sort((a, b) => a.at - b.at);
}
