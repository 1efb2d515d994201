"use strict";
// Draws the projects with Cytoscape, in layers: whoever needs others stands left of them.
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const byName = new Map(data.projects.map((one) => [one.name, one]));
const affected = data.affected ? new Set(data.affected) : null;
const COLOURS = { app: "#2f6fed", package: "#16a37f", tool: "#8b5cf6", benchmark: "#d9598c" };
const colour = (kind) => COLOURS[kind] ?? "#64748b";
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const many = data.projects.length > 300;
let typing;
const chosen = { text: "", kinds: new Set(), tags: new Set(), held: null };

const graph = cytoscape({
  container: $("graph"),
  elements: [
    ...data.projects.map((one) => ({ data: { id: one.name, kind: one.kind } })),
    ...data.edges.map((one, index) => ({
      data: { id: `edge ${index}`, source: one.dependent, target: one.dependency, index },
      classes: one.tests_only ? "tests" : "",
    })),
  ],
  layout: { name: "null" },
  autoungrabify: true,
  boxSelectionEnabled: false,
  minZoom: 0.02,
  maxZoom: 3,
  hideEdgesOnViewport: data.edges.length > 2000,
  textureOnViewport: many,
  pixelRatio: many ? 1 : "auto",
});

// Seen from far away, a border must be wide to be seen at all.
const border = () => Math.min(14, Math.max(4, 3 / graph.zoom()));

function paint() {
  graph.style([
    {
      selector: "node",
      style: {
        shape: "round-rectangle", width: "label", height: 22, padding: 9, label: "data(id)",
        "text-valign": "center", "text-halign": "center", "font-size": 13, color: "#fff",
        "background-color": (node) => colour(node.data("kind")), "min-zoomed-font-size": 5,
        "font-family": "system-ui, sans-serif", "border-width": 0,
      },
    },
    {
      selector: "edge",
      style: {
        width: 1.4, "line-color": css("--quiet"), "target-arrow-color": css("--quiet"),
        "target-arrow-shape": "triangle", "arrow-scale": 0.9, opacity: 0.55,
        "curve-style": data.edges.length > 2000 ? "haystack" : "unbundled-bezier",
        "control-point-distances": (edge) => {
          const [from, to] = [edge.source().position(), edge.target().position()];
          // On one height it would run behind what stands between, or over the way back.
          if (Math.abs(to.y - from.y) < 20) return Math.min(70, 14 + Math.abs(to.x - from.x) / 8);
          return (to.y - from.y) / 4 * (to.x < from.x ? -1 : 1);
        },
        "control-point-weights": 0.5,
      },
    },
    { selector: "edge.tests", style: { "line-style": "dashed", opacity: 0.35 } },
    { selector: ".lit", style: { "border-width": border, "border-color": css("--lit") } },
    { selector: "node.dim", style: { opacity: 0.3 } },
    { selector: "edge.dim", style: { opacity: 0.06 } },
    { selector: "edge.near", style: { opacity: 1, width: 2.2, "line-color": css("--hold"), "target-arrow-color": css("--hold") } },
    { selector: "node.held", style: { "border-width": border, "border-color": css("--hold") } },
    { selector: ".gone", style: { display: "none" } },
  ]);
}

// Layers by the longest way down; within a layer, each stands near the middle of its neighbours.
function arrange() {
  const nodes = graph.nodes().not(".gone");
  const names = nodes.map((node) => node.id());
  const shown = new Set(names);
  const needs = new Map(names.map((name) => [name, []]));
  const needed = new Map(names.map((name) => [name, []]));
  for (const edge of data.edges) {
    if (edge.tests_only || !shown.has(edge.dependent) || !shown.has(edge.dependency)) continue;
    needs.get(edge.dependent).push(edge.dependency);
    needed.get(edge.dependency).push(edge.dependent);
  }
  const depth = new Map();
  const onWay = new Set();
  const measure = (name) => {
    if (depth.has(name)) return depth.get(name);
    if (onWay.has(name)) return -1; // a cycle: --check tells of it
    onWay.add(name);
    const value = 1 + Math.max(-1, ...needs.get(name).map(measure));
    onWay.delete(name);
    depth.set(name, value);
    return value;
  };
  names.forEach(measure);
  const layers = [];
  const alone = [];
  for (const name of names) {
    if (!needs.get(name).length && !needed.get(name).length) alone.push(name);
    else (layers[depth.get(name)] ??= []).push(name);
  }
  const place = new Map(names.map((name, index) => [name, index]));
  const settle = (layer, neighbours) => {
    const middle = new Map(layer.map((name) => {
      const at = neighbours.get(name).map((other) => place.get(other));
      return [name, at.length ? at.reduce((sum, one) => sum + one, 0) / at.length : place.get(name)];
    }));
    layer.sort((one, other) => middle.get(one) - middle.get(other) || (one < other ? -1 : 1));
    layer.forEach((name, index) => place.set(name, (index + 0.5) / layer.length));
  };
  const filled = layers.filter(Boolean);
  filled.forEach((layer) => layer.forEach((name, index) => place.set(name, (index + 0.5) / layer.length)));
  for (let sweep = 0; sweep < 6; sweep += 1) {
    filled.forEach((layer) => settle(layer, needs));
    [...filled].reverse().forEach((layer) => settle(layer, needed));
  }
  if (alone.length) filled.unshift(alone);
  // A layer that is much taller than the window stands in several columns.
  const tall = Math.max(8, Math.ceil(Math.sqrt(names.length) * 1.3));
  const positions = new Map();
  let x = 0;
  for (const layer of [...filled].reverse()) {
    const columns = Math.ceil(layer.length / tall);
    const rows = Math.ceil(layer.length / columns);
    for (let column = 0; column < columns; column += 1) {
      const part = layer.filter((_, index) => index % columns === column);
      const width = Math.max(...part.map((name) => graph.getElementById(name).outerWidth()));
      part.forEach((name, row) => {
        positions.set(name, { x: x + width / 2, y: (row + (column % 2) / 2 - rows / 2) * 62 });
      });
      x += width + (column === columns - 1 ? 110 : 34);
    }
  }
  // Rows move apart until the whole has the window's shape.
  const heights = [...positions.values()].map((one) => one.y);
  const height = Math.max(...heights, 0) - Math.min(...heights, 0) + 62;
  const apart = Math.min(2.6, Math.max(1, (x * graph.height()) / graph.width() / height));
  nodes.positions((node) => ({ x: positions.get(node.id()).x, y: positions.get(node.id()).y * apart }));
  graph.fit(nodes, 60);
  if (graph.zoom() > 1.3) { graph.zoom(1.3); graph.center(nodes); }
  graph.style().update();
}

function matches(project) {
  const words = [project.name, project.folder, project.kind, ...project.owners, ...project.tags].join(" ").toLowerCase();
  return chosen.text.toLowerCase().split(/\s+/).every((word) => words.includes(word))
    && (!chosen.kinds.size || chosen.kinds.has(project.kind))
    && [...chosen.tags].every((tag) => project.tags.includes(tag))
    && (!$("affected").checked || affected.has(project.name));
}

function refresh() {
  const shown = data.projects.filter(matches);
  const names = new Set(shown.map((one) => one.name));
  graph.batch(() => {
    graph.nodes().forEach((node) => node.toggleClass("gone", !names.has(node.id())));
    graph.edges(".tests").forEach((edge) => edge.toggleClass("gone", !$("tests").checked));
  });
  const lit = affected ? `, ${shown.filter((one) => affected.has(one.name)).length} affected` : "";
  $("count").textContent = `${shown.length} of ${data.projects.length}${lit}`;
  $("list").replaceChildren(...shown.map((one) => {
    const button = element("button", { type: "button" }, element("i", { style: `background:${colour(one.kind)}` }), one.name);
    if (affected?.has(one.name)) button.append(element("span", { class: "lit", title: "affected" }, "●"));
    button.dataset.name = one.name;
    button.addEventListener("click", () => hold(one.name, true));
    return button;
  }));
  if (chosen.held && !names.has(chosen.held)) hold(null);
  else mark();
  arrange();
}

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// Holding a project shows what it needs and what needs it, and dims the rest.
function hold(name, move) {
  chosen.held = chosen.held === name ? null : name;
  mark();
  if (!chosen.held || !move) return;
  // Near enough to read names by.
  graph.animate({ center: { eles: graph.getElementById(name) }, zoom: Math.max(graph.zoom(), 0.6), duration: 200 });
}

function mark() {
  graph.batch(() => {
    graph.elements().removeClass("dim near held");
    if (chosen.held) {
      const node = graph.getElementById(chosen.held);
      const near = node.union(node.successors()).union(node.predecessors());
      graph.elements().difference(near).addClass("dim");
      node.connectedEdges().addClass("near");
      node.addClass("held");
    } else if (affected) {
      graph.nodes().filter((node) => !affected.has(node.id())).addClass("dim");
      graph.edges().filter((edge) => !(affected.has(edge.source().id()) && affected.has(edge.target().id()))).addClass("dim");
    }
  });
  for (const button of $("list").children) button.setAttribute("aria-current", button.dataset.name === chosen.held);
  describe(byName.get(chosen.held));
}

function describe(project) {
  if (!project) { $("details").replaceChildren(); return; }
  const rows = [
    ["Folder", project.folder || "the root"], ["Kind", project.kind], ["Owners", project.owners.join(", ")],
    ["Tags", project.tags.join(", ")], ["Artifact", project.artifact], ["Sentry", project.sentry],
  ].filter(([, value]) => value).map(([name, value]) => [name, [value]]);
  for (const [name, own, other] of [["Needs", "dependent", "dependency"], ["Needed by", "dependency", "dependent"]]) {
    const edges = data.edges.filter((one) => one[own] === project.name);
    if (edges.length) rows.push([name, edges.map((one) => lead(one[other], one.tests_only))]);
  }
  $("details").replaceChildren(
    element("h2", {}, project.name),
    element("p", { class: "quiet" }, project.description ?? ""),
    element("dl", {}, ...rows.flatMap(([name, values]) => [element("dt", {}, name), element("dd", {}, ...values)])),
  );
}

// A name that leads to its project, also where a filter has hidden it.
function lead(name, testsOnly) {
  const button = element("button", { type: "button" }, name);
  button.addEventListener("click", () => {
    if (graph.getElementById(name).hasClass("gone")) clear();
    if (chosen.held !== name) hold(name, true);
  });
  return element("span", {}, button, testsOnly ? " (tests)" : "");
}

function clear() {
  clearTimeout(typing);
  chosen.text = $("search").value = "";
  chosen.kinds.clear();
  chosen.tags.clear();
  $("affected").checked = false;
  document.querySelectorAll(".chips button").forEach((button) => button.setAttribute("aria-pressed", false));
  refresh();
}

function tip(event, ...children) {
  $("tip").replaceChildren(...children);
  $("tip").hidden = false;
  const { x, y } = event.renderedPosition;
  const box = $("tip").getBoundingClientRect();
  const space = $("graph").getBoundingClientRect();
  $("tip").style.left = `${Math.max(8, Math.min(x + 14, space.width - box.width - 8))}px`;
  $("tip").style.top = `${Math.max(8, Math.min(y + 14, space.height - box.height - 8))}px`;
}

graph.on("mouseover mousemove", "edge", (event) => {
  const edge = data.edges[event.target.data("index")];
  const more = edge.count - edge.evidence.length;
  event.target.addClass("near");
  tip(event,
    element("strong", {}, `${edge.dependent} → ${edge.dependency}`),
    element("small", {}, edge.tests_only ? "  only tests need it" : ""),
    element("ul", {}, ...edge.evidence.map((one) => element("li", {}, `${one.dependent} ${one.reason}`))),
    element("small", {}, more > 0 ? `and ${more} more` : ""));
});
graph.on("mouseover", "node", (event) => {
  const project = byName.get(event.target.id());
  tip(event, element("strong", {}, project.name), element("small", {}, `  ${project.kind}`), element("div", {}, project.description ?? project.folder));
});
graph.on("mouseout", (event) => { $("tip").hidden = true; if (event.target !== graph) mark(); });
graph.on("tap", (event) => { if (event.target === graph) hold(null); else if (event.target.isNode()) hold(event.target.id()); });

function chips(place, values, kept, look) {
  $(place).replaceChildren(...values.map((value) => {
    const button = element("button", { type: "button", "aria-pressed": "false" }, ...look(value));
    button.addEventListener("click", () => {
      if (!kept.delete(value)) kept.add(value);
      button.setAttribute("aria-pressed", kept.has(value));
      refresh();
    });
    return button;
  }));
  $(place).parentElement.hidden = values.length < 2;
}

const sorted = (values) => [...new Set(values)].sort();
chips("kinds", sorted(data.projects.map((one) => one.kind)), chosen.kinds, (kind) => [element("i", { style: `background:${colour(kind)}` }), kind]);
chips("tags", sorted(data.projects.flatMap((one) => one.tags)), chosen.tags, (tag) => [tag]);
$("affected-line").hidden = !affected;
document.querySelector(".key .lit").hidden = !affected;
if (affected) graph.nodes().filter((node) => affected.has(node.id())).addClass("lit");
else document.querySelector(".key").lastChild.textContent = "";
$("search").addEventListener("input", (event) => {
  chosen.text = event.target.value.trim();
  clearTimeout(typing);
  typing = setTimeout(refresh, 120);
});
for (const id of ["tests", "affected"]) $(id).addEventListener("change", refresh);
const zoom = (factor) => graph.zoom({ level: graph.zoom() * factor, renderedPosition: { x: graph.width() / 2, y: graph.height() / 2 } });
$("fit").addEventListener("click", () => graph.fit(graph.nodes().not(".gone"), 60));
$("in").addEventListener("click", () => zoom(1.3));
$("out").addEventListener("click", () => zoom(1 / 1.3));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") hold(null);
  if (event.target.matches("input")) return;
  if (event.key === "/") { event.preventDefault(); $("search").focus(); }
  if (event.key === "0") $("fit").click();
  if (event.key === "+") zoom(1.3);
  if (event.key === "-") zoom(1 / 1.3);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
paint();
refresh();
document.documentElement.dataset.ready = "true";
