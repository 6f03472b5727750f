// The page: what is seen (view), what is shown (filters, search), and the hands on it.

const $ = (id) => document.getElementById(id);
const data = JSON.parse($("data").textContent);
$("data").remove();

let canvas = $("map");
const n = data.n;
const xy = unpack(data.xy, "f4");
const shuffle = unpack(data.order, "u4");
const columns = data.columns.map((raw) => new Column(raw));
data.xy = data.order = data.columns = null;
const finder = new Finder(xy);
const hoverColumns = data.hover.map((name) => columns.find((column) => column.name === name));

const forced = new URLSearchParams(location.search).get("draw");
let painter = forced === "canvas" ? null : WebGLPoints.create(canvas, xy);
if (!painter) {
  // A canvas that was asked for WebGL gives nothing else any more.
  const fresh = canvas.cloneNode();
  canvas.replaceWith(fresh);
  canvas = fresh;
  painter = new CanvasPoints(canvas, xy);
  $("notice").textContent = forced === "canvas" ? "Drawn without WebGL." : "No WebGL 2 here: drawn by a slower way.";
  $("notice").hidden = false;
}

const colors = new Uint8Array(4 * n);
const visible = new Uint8Array(n);
const found = new Uint8Array(n);
const colorings = new Map();
const filters = new Map();
const view = { x: 0, y: 0, scale: 1 };
const placed = new Uint8Array(n);
let placedCount = 0;
for (let i = 0; i < n; i++) {
  placed[i] = Number.isFinite(xy[2 * i]) && Number.isFinite(xy[2 * i + 1]) ? 1 : 0;
  placedCount += placed[i];
}
let fitScale = 1, ratio = 1, fitted = true;
let colorBy = columns.findIndex((column) => column.name === data.colorBy);
let needle = "", searchIn = "all";
let dark = data.background === "black"
  || (data.background === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
let pointSize = data.pointSize;
let kept = -1, over = -1, waiting = false;

function themed() {
  const key = dark ? "black" : "white";
  return {
    dark, palette: data.palettes[key], plain: data.plain[key], missing: data.missing[key], scale: data.scale,
  };
}

function coloringOf(c) {
  if (!colorings.has(c)) colorings.set(c, new Coloring(columns[c], n, data.mostLevels));
  return colorings.get(c);
}

// --- what is shown -------------------------------------------------------------------------------

// Colours, visibility and drawing order: missing and faded first, found last.
function recolor() {
  const coloring = coloringOf(colorBy);
  coloring.fill(colors, themed());
  visible.set(placed);
  for (const { coloring: own, hidden } of filters.values()) {
    if (hidden.size === 0) continue;
    const off = new Uint8Array(own.groups.length);
    hidden.forEach((g) => { off[g] = 1; });
    for (let i = 0; i < n; i++) if (off[own.groupOf[i]]) visible[i] = 0;
  }
  const searching = needle !== "";
  found.fill(0);
  if (searching) {
    const where = searchIn === "all" ? columns : [columns[Number(searchIn)]];
    for (const column of where) column.mark(needle, found);
  }
  const grey = coloring.groups.map((group) => group.slot === "missing");
  const missing = rgbOf(themed().missing);
  let shown = 0, matches = 0;
  const order = new Uint32Array(n);
  // Three passes over the shuffle keep each layer in its fixed random order without sorting.
  const layerOf = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    if (!visible[i]) { layerOf[i] = 3; continue; }
    shown++;
    if (searching) {
      matches += found[i];
      layerOf[i] = found[i] ? 2 : 0;
      colors[4 * i + 3] = found[i] ? 255 : 0;
      if (!found[i]) for (let c = 0; c < 3; c++) colors[4 * i + c] = missing[c];
    } else {
      layerOf[i] = grey[coloring.groupOf[i]] ? 0 : 1;
      colors[4 * i + 3] = 128;
    }
  }
  let at = 0;
  for (let layer = 0; layer < 3; layer++) {
    for (let k = 0; k < n; k++) if (layerOf[shuffle[k]] === layer) order[at++] = shuffle[k];
  }
  painter.paint(colors, order.subarray(0, at));
  let text = shown === n ? `${whole.format(n)} points` : `${whole.format(shown)} of ${whole.format(n)} points shown`;
  if (searching) text += `, ${whole.format(matches)} found`;
  if (placedCount < n) text += `, ${whole.format(n - placedCount)} without a place`;
  $("count").textContent = text;
  buildChips($("chips"), filters, columns, colorBy, (c) => {
    filters.get(c).hidden.clear();
    showLegend();
    recolor();
  });
  if (kept >= 0 && !visible[kept]) release();
  redraw();
}

function showLegend() {
  const coloring = coloringOf(colorBy);
  if (!filters.has(colorBy)) filters.set(colorBy, { coloring, hidden: new Set() });
  buildLegend($("legend"), coloring, filters.get(colorBy).hidden, themed(), recolor);
}

// --- what is seen --------------------------------------------------------------------------------

function sizeNow() {
  // Points grow as one comes closer, but slower than the gaps between them.
  return pointSize * Math.min(6, Math.max(0.7, (view.scale / fitScale) ** 0.35));
}

// While the view moves and frames come late, only the last `budget` points of the drawing order are
// drawn: a random sample, since the order is shuffled, and all that was found. The rest follows as
// soon as the hand rests.
let budget = n, lastMove = 0, rest = 0, moving = false;

function redraw(quick = false) {
  moving = quick && (!waiting || moving);
  if (waiting) return;
  waiting = true;
  requestAnimationFrame((now) => {
    waiting = false;
    clearTimeout(rest);
    if (moving) {
      const late = now - lastMove;
      if (late > 50 && late < 1500) budget = Math.max(20000, 0.6 * budget);
      else if (late < 20) budget = Math.min(n, 1.2 * budget);
      lastMove = now;
      rest = setTimeout(() => redraw(), 200);
    }
    const limit = moving ? Math.round(budget) : n;
    moving = false;
    const opacity = Math.max(0.4, Math.min(0.9, 1.4 - 0.15 * Math.log10(n)));
    const paper = dark ? [0, 0, 0] : [255, 255, 255];
    const device = { x: view.x, y: view.y, scale: view.scale * ratio };
    painter.draw(device, sizeNow() * ratio, opacity, paper, limit);
    canvas.dataset.drawn = String(Math.min(limit, painter.order.length));
    canvas.dataset.view = [view.x, view.y, view.scale / fitScale].map((v) => v.toPrecision(6)).join(" ");
    placeCard();
  });
}

function fitTo(box) {
  const { clientWidth: w, clientHeight: h } = canvas;
  view.x = (box.left + box.right) / 2;
  view.y = (box.low + box.high) / 2;
  const across = box.right - box.left, up = box.high - box.low;
  return 0.92 * Math.min(across > 0 ? w / across : Infinity, up > 0 ? h / up : Infinity);
}

function fit() {
  const scale = fitTo(finder.box);
  fitScale = Number.isFinite(scale) && scale > 0 ? scale : 1;
  view.scale = fitScale;
  fitted = true;
  redraw();
}

function fitFound() {
  const box = { left: Infinity, right: -Infinity, low: Infinity, high: -Infinity };
  let any = false;
  for (let i = 0; i < n; i++) {
    if (!visible[i] || !found[i]) continue;
    any = true;
    box.left = Math.min(box.left, xy[2 * i]);
    box.right = Math.max(box.right, xy[2 * i]);
    box.low = Math.min(box.low, xy[2 * i + 1]);
    box.high = Math.max(box.high, xy[2 * i + 1]);
  }
  if (!any) return;
  view.scale = Math.min(fitTo(box) * 0.8, fitScale * 20);
  fitted = false;
  redraw();
}

// Zoom so that the place under (px, py), CSS pixels on the canvas, stays there.
function zoomAt(factor, px, py) {
  const dx = px - canvas.clientWidth / 2, dy = canvas.clientHeight / 2 - py;
  const scale = Math.max(0.3 * fitScale, Math.min(2000 * fitScale, view.scale * factor));
  view.x += dx / view.scale - dx / scale;
  view.y += dy / view.scale - dy / scale;
  view.scale = scale;
  fitted = false;
  redraw(true);
}

const zoomMiddle = (factor) => zoomAt(factor, canvas.clientWidth / 2, canvas.clientHeight / 2);

function move(dx, dy) {
  view.x -= dx / view.scale;
  view.y += dy / view.scale;
  fitted = false;
  redraw(true);
}

function resize() {
  const { clientWidth: w, clientHeight: h } = canvas;
  if (w === 0 || h === 0) return;
  ratio = Math.min(3, window.devicePixelRatio || 1);
  canvas.width = Math.round(w * ratio);
  canvas.height = Math.round(h * ratio);
  if (pointSize === null) {
    pointSize = Math.max(1, Math.min(5, 2 * Math.sqrt((0.0065 * w * h * n ** -0.655) / Math.PI)));
    showSize();
  }
  if (fitted) fit(); else redraw();
}

// --- the card of a point -------------------------------------------------------------------------

function rowAt(px, py, reach) {
  const x = (px - canvas.clientWidth / 2) / view.scale + view.x;
  const y = (canvas.clientHeight / 2 - py) / view.scale + view.y;
  return finder.nearest(x, y, (reach + sizeNow() / 2) / view.scale, visible);
}

function placeCard() {
  const row = kept >= 0 ? kept : over;
  const card = $("tip"), ring = $("ring");
  if (row < 0) {
    card.hidden = ring.hidden = true;
    return;
  }
  const w = canvas.clientWidth, h = canvas.clientHeight;
  const px = (xy[2 * row] - view.x) * view.scale + w / 2;
  const py = h / 2 - (xy[2 * row + 1] - view.y) * view.scale;
  const inside = px >= 0 && px <= w && py >= 0 && py <= h;
  card.hidden = ring.hidden = !inside;
  if (!inside) return;
  const around = Math.max(10, sizeNow() + 6);
  ring.style.width = ring.style.height = `${around}px`;
  ring.style.transform = `translate(${px - around / 2}px, ${py - around / 2}px)`;
  const right = px + 14 + card.offsetWidth <= w;
  const x = right ? px + 14 : Math.max(4, px - 14 - card.offsetWidth);
  const y = Math.max(4, Math.min(h - card.offsetHeight - 4, py + 12));
  card.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
}

function pointAt(row) {
  if (row === over) return;
  over = row;
  canvas.classList.toggle("over", row >= 0);
  if (kept >= 0) return;
  if (row >= 0) fillCard($("tip"), row, hoverColumns);
  placeCard();
}

function keep(row) {
  kept = row;
  over = row;
  fillCard($("tip"), row, hoverColumns);
  $("tip").classList.add("kept");
  placeCard();
}

function release() {
  kept = over = -1;
  $("tip").classList.remove("kept");
  placeCard();
}

// --- hands ---------------------------------------------------------------------------------------

const fingers = new Map();
let travelled = 0;

function local(event) {
  const box = canvas.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

canvas.addEventListener("pointerdown", (event) => {
  if (event.button > 0) return;
  canvas.setPointerCapture(event.pointerId);
  if (fingers.size === 0) travelled = 0;
  fingers.set(event.pointerId, local(event));
});
canvas.addEventListener("pointermove", (event) => {
  const now = local(event);
  const before = fingers.get(event.pointerId);
  if (!before) {
    if (event.pointerType !== "touch") pointAt(rowAt(now.x, now.y, 6));
    return;
  }
  const dx = now.x - before.x, dy = now.y - before.y;
  travelled += Math.abs(dx) + Math.abs(dy);
  if (fingers.size === 1) {
    if (travelled > 3) canvas.classList.add("dragging");
    move(dx, dy);
  } else if (fingers.size === 2) {
    const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
    const apart = (p) => Math.max(1, Math.hypot(p.x - other.x, p.y - other.y));
    move(dx / 2, dy / 2);
    zoomAt(apart(now) / apart(before), (now.x + other.x) / 2, (now.y + other.y) / 2);
  }
  fingers.set(event.pointerId, now);
});
function lift(event) {
  if (!fingers.delete(event.pointerId)) return;
  canvas.classList.remove("dragging");
  if (event.type === "pointerup" && fingers.size === 0 && travelled <= 3) {
    const now = local(event);
    const row = rowAt(now.x, now.y, event.pointerType === "touch" ? 16 : 6);
    if (row >= 0) keep(row); else release();
  }
}
canvas.addEventListener("pointerup", lift);
canvas.addEventListener("pointercancel", lift);
canvas.addEventListener("pointerleave", () => { if (fingers.size === 0) pointAt(-1); });
canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  const lines = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
  const amount = Math.max(-240, Math.min(240, event.deltaY * lines));
  const { x, y } = local(event);
  zoomAt(Math.exp(-amount * (event.ctrlKey ? 0.01 : 0.002)), x, y);
}, { passive: false });
canvas.addEventListener("dblclick", (event) => {
  const { x, y } = local(event);
  zoomAt(event.shiftKey ? 0.5 : 2, x, y);
});

const KEYS = {
  "+": () => zoomMiddle(1.4), "=": () => zoomMiddle(1.4),
  "-": () => zoomMiddle(1 / 1.4), "_": () => zoomMiddle(1 / 1.4),
  "0": fit, Home: fit,
  ArrowLeft: () => move(60, 0), ArrowRight: () => move(-60, 0),
  ArrowUp: () => move(0, 60), ArrowDown: () => move(0, -60),
  Escape: release,
  Enter: () => {
    const w = canvas.clientWidth, h = canvas.clientHeight;
    const row = rowAt(w / 2, h / 2, Math.hypot(w, h) / 2);
    if (row < 0) return;
    keep(row);
    $("spoken").textContent = cardText(row, hoverColumns);
  },
};
canvas.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  KEYS[event.key]();
});

// --- the panel -----------------------------------------------------------------------------------

function showSize() {
  $("size").value = String(pointSize);
  $("size-text").textContent = `${pointSize.toFixed(1)} px`;
}

function setTheme(isDark) {
  dark = isDark;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  $("theme").setAttribute("aria-pressed", String(dark));
  showLegend();
  recolor();
}

$("title").textContent = data.title;
if (data.note) {
  $("note").textContent = data.note;
  $("note").hidden = false;
}
canvas.setAttribute("aria-label", `${data.title}: map of ${whole.format(n)} points`);
option($("color-by"), "-1", "one colour");
columns.forEach((column, c) => option($("color-by"), String(c), column.name));
$("color-by").value = String(colorBy);
option($("search-in"), "all", "all columns");
columns.forEach((column, c) => option($("search-in"), String(c), column.name));
if (columns.length === 0) $("search-box").hidden = $("color-box").hidden = true;

$("color-by").addEventListener("change", (event) => {
  colorBy = Number(event.target.value);
  showLegend();
  recolor();
});
let typing = 0;
$("search").addEventListener("input", (event) => {
  clearTimeout(typing);
  typing = setTimeout(() => { needle = event.target.value.trim(); recolor(); }, n > 200000 ? 250 : 60);
});
$("search").addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  clearTimeout(typing);
  needle = event.target.value.trim();
  recolor();
  fitFound();
});
$("search-in").addEventListener("change", (event) => { searchIn = event.target.value; recolor(); });
$("size").addEventListener("input", (event) => {
  pointSize = Number(event.target.value);
  showSize();
  redraw();
});
$("theme").addEventListener("click", () => setTheme(!dark));
$("zoom-in").addEventListener("click", () => zoomMiddle(1.5));
$("zoom-out").addEventListener("click", () => zoomMiddle(1 / 1.5));
$("fit").addEventListener("click", fit);
$("save").addEventListener("click", () => {
  redraw();
  // In the frame of the drawing: WebGL forgets its picture afterwards.
  requestAnimationFrame(() => canvas.toBlob((blob) => {
    const link = element("a");
    link.href = URL.createObjectURL(blob);
    link.download = "map.png";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }));
});

if (pointSize !== null) showSize();
new ResizeObserver(resize).observe(canvas);
resize();
setTheme(dark);
document.documentElement.dataset.ready = painter instanceof WebGLPoints ? "webgl" : "canvas";
