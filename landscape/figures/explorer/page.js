// The page: its state, the controls, and how the views hang together.

const DATA = JSON.parse(document.getElementById("data").textContent);

const app = {
  surfaces: DATA.surfaces.map((surface) => ({
    ...surface, alpha: decode(surface.alpha, Float64Array), beta: decode(surface.beta, Float64Array),
    status: surface.status.map((plane) => decode(plane, Int8Array)),
  })),
  fields: new Map(),
  state: {},
  wanted: "", // the scale that was last chosen, which not every metric has
  moving: false,
  get metric() { return DATA.metrics[this.state.metric]; },
  get scale() { return this.metric.scales.find((one) => nameOf(one) === this.state.scale); },
  plane(index) { return Math.min(this.state.plane, this.surfaces[index].planes - 1); },

  field(index, plane = this.plane(index)) {
    const { metric } = this.state, name = [index, metric, plane].join();
    if (!this.fields.has(name)) this.fields.set(name, makeField(this.surfaces[index], metric, plane));
    return this.fields.get(name);
  },

  // Something made of a field once.
  keep(field, name, make) {
    if (!field.kept.has(name)) field.kept.set(name, make());
    return field.kept.get(name);
  },
  grid(field) { return this.keep(field, "grid", () => refine(field)); },
  contour(field, value) { return this.keep(field, `contour ${value}`, () => contour(this.grid(field), value)); },

  relate(value, { center }) {
    const { kind } = this.scale;
    return kind === "ratio" ? value / center : kind === "difference" ? value - center : value;
  },
  unrelate(level, { center }) {
    const { kind } = this.scale;
    return kind === "ratio" ? level * center : kind === "difference" ? level + center : level;
  },
  // A value of the scale, in words.
  written(value) { return write(value, 3) + (this.scale.kind === "ratio" ? "×" : ""); },
  raise(value) { return this.scale.log ? (value > 0 ? Math.log10(value) : NaN) : value; },

  cursorIn(field) {
    const [x, y] = this.state.cursor;
    if (!inside(field, x, y)) return null;
    const [j, i] = [nearest(field.alpha, x), nearest(field.beta, y)], index = i * field.alpha.length + j;
    return { field, index, alpha: field.alpha[j], beta: field.beta[i], value: field.values[index] };
  },

  // The paths of optimizers, as far as they are played.
  paths(index) {
    const { places } = this.surfaces[index], names = [...new Set(places.map(({ path }) => path))].filter(Boolean);
    return names.map((name) => {
      const whole = places.filter(({ path }) => path === name);
      return whole.slice(0, Math.max(1, Math.round(this.state.played * whole.length)));
    });
  },

  spreads() {
    const shown = this.surfaces.map((_, index) => this.field(index));
    const said = [];
    if (shown.some(({ estimated }) => estimated)) said.push("band: error of the estimate");
    if (shown.some(({ estimated, errors }) => !estimated && errors.some(Number.isFinite))) said.push("band: 95% over samples");
    return said.join(" · ") || "no errors are recorded";
  },
};

function nameOf({ kind, log }) { return log ? `${kind}-log` : kind; }

function makeField(surface, metric, plane) {
  const found = surface.values[metric], values = decode(found.planes[plane], Float64Array);
  const errors = decode(found.errors[plane], Float32Array), status = surface.status[plane];
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
  }
  const estimated = values.some((value, at) => status[at] === 0 && !Number.isNaN(value));
  const spread = errors.map((error, at) => (status[at] !== 1 ? error : estimated ? 0 : 1.96 * error));
  return {
    alpha: surface.alpha, beta: surface.beta, values, errors, spread, status, low, high, estimated,
    center: found.center ?? NaN, limit: found.limit[plane] ?? Infinity, kept: new Map(),
  };
}

// State, and the fragment that holds it.

function extentOf(surfaces) {
  const ends = (name) => surfaces.flatMap((one) => [one[name][0], one[name][one[name].length - 1]]);
  const [x0, x1, y0, y1] = [Math.min(...ends("alpha")), Math.max(...ends("alpha")), Math.min(...ends("beta")), Math.max(...ends("beta"))];
  return { x0, x1, y0, y1, aspect: Math.min(1.5, Math.max(0.4, (y1 - y0) / (x1 - x0))) };
}

function start() {
  const metric = Object.keys(DATA.metrics)[0], { x0, x1, y0, y1 } = app.extent, middle = y0 <= 0 && y1 >= 0 ? 0 : (y0 + y1) / 2;
  return {
    metric, scale: nameOf(DATA.metrics[metric].scales[0]), plane: 0, dots: false, section: "mean", level: null,
    cursor: [x0 <= 0 && x1 >= 0 ? 0 : (x0 + x1) / 2, middle], line: [x0, middle, x1, middle], turn: 35, tilt: 35, zoom: 1, played: 1,
  };
}

function readFragment() {
  const given = new URLSearchParams(location.hash.slice(1)), state = start();
  const numbers = (name, count) => {
    const found = (given.get(name) || "").split(",").map(Number);
    return given.has(name) && found.length === count && found.every(Number.isFinite) ? found : null;
  };
  const [planes, { x0, x1, y0, y1 }] = [Math.max(...app.surfaces.map((one) => one.planes)), app.extent];
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
  if (Object.hasOwn(DATA.metrics, given.get("metric"))) state.metric = given.get("metric");
  const names = DATA.metrics[state.metric].scales.map(nameOf);
  state.scale = names.includes(given.get("scale")) ? given.get("scale") : names[0];
  app.wanted = state.scale === names[0] ? "" : state.scale;
  state.plane = clamp(Math.round((numbers("plane", 1) || [0])[0]), 0, planes - 1);
  state.dots = given.get("dots") === "1";
  state.section = given.get("section") === "plane" ? "plane" : "mean";
  state.level = (numbers("level", 1) || [null])[0];
  const cursor = numbers("cursor", 2), played = numbers("played", 1), line = numbers("line", 4), view = numbers("view", 3);
  if (cursor) state.cursor = [clamp(cursor[0], x0, x1), clamp(cursor[1], y0, y1)];
  if (played) state.played = clamp(played[0], 0, 1);
  if (line) state.line = line.map((value, k) => (k % 2 ? clamp(value, y0, y1) : clamp(value, x0, x1)));
  if (view) [state.turn, state.tilt, state.zoom] = [view[0], clamp(view[1], 5, 90), clamp(view[2], 0.5, 4)];
  return state;
}

function writeFragment() {
  const { metric, scale, plane, dots, section, level, cursor, line, turn, tilt, zoom, played } = app.state;
  const short = (values) => values.map((value) => Number(value.toPrecision(6))).join();
  const text = new URLSearchParams({
    metric, scale, plane, dots: dots ? 1 : 0, cursor: short(cursor), line: short(line), view: short([turn, tilt, zoom]),
    ...(played < 1 ? { played: short([played]) } : {}), ...(section === "mean" ? {} : { section }), ...(level === null ? {} : { level: short([level]) }),
  });
  try {
    history.replaceState(null, "", `#${text.toString().replace(/%2C/g, ",")}`);
  } catch { /* A frame of a notebook has no address of its own. */ }
}

// Drawing: once a frame at most, and only what changed.

const views = [];
let asked = false, later = 0;

function update(change = {}) {
  Object.assign(app.state, change);
  if (!asked) requestAnimationFrame(draw);
  asked = true;
  clearTimeout(later);
  later = setTimeout(writeFragment, 150);
}

function readTheme() {
  const style = getComputedStyle(document.documentElement);
  app.theme = Object.fromEntries(["paper", "ink", "soft", "rule", "wash"].map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  app.dark = matchMedia("(prefers-color-scheme: dark)").matches;
  app.theme.hatch = app.theme.rule;
}

function draw() {
  asked = false;
  for (const view of views) drawView(view);
  showCursor(app);
  showPlayed();
  const name = [app.state.metric, app.state.scale, app.state.plane, app.state.section].join();
  if (name !== draw.shown) {
    draw.shown = name;
    showStatistics(app);
    showNotes(app);
    showControls();
  }
  showNumbers(app);
}

function drawView(view) {
  const { canvas } = view, density = Math.min(2, window.devicePixelRatio || 1);
  const width = canvas.clientWidth, height = view.height(width);
  const name = [view.key(), width, density, app.dark].join();
  if (view.drawn !== name) {
    view.kept = document.createElement("canvas");
    [view.kept.width, view.kept.height] = [canvas.width, canvas.height] = [width * density, height * density];
    canvas.style.height = `${height}px`;
    const context = view.kept.getContext("2d");
    context.scale(density, density);
    view.base(new CanvasPen(context), width, height);
    view.drawn = name;
  }
  const context = canvas.getContext("2d");
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.drawImage(view.kept, 0, 0);
  context.scale(density, density);
  view.over(new CanvasPen(context), width, height);
}

// Controls.

function choice(label, name, options) {
  const made = element("select", "", { id: name }), box = element("label", label);
  for (const [value, text] of options) made.append(new Option(text, value));
  box.append(made);
  return [box, made];
}

function showControls() {
  const kinds = { ratio: "multiples of the center", difference: "differences to the center", absolute: "values" };
  const { scale, metric } = app, found = [...new Set(metric.scales.map(({ kind }) => kind))];
  const [metricBox, metricChoice] = choice("metric", "metric", Object.entries(DATA.metrics).map(([key, { name }]) => [key, name]));
  metricChoice.value = app.state.metric;
  metricChoice.onchange = () => {
    const names = DATA.metrics[metricChoice.value].scales.map(nameOf);
    update({ metric: metricChoice.value, level: null, scale: names.includes(app.wanted) ? app.wanted : names[0] });
  };
  const [kindBox, kindChoice] = choice("shown as", "kind", found.map((kind) => [kind, kinds[kind]]));
  kindChoice.value = scale.kind;
  const pick = (kind, log) => nameOf(metric.scales.find((one) => one.kind === kind && one.log === log) || metric.scales.find((one) => one.kind === kind));
  kindChoice.onchange = () => update({ level: null, scale: app.wanted = pick(kindChoice.value, scale.log) });
  const tick = (text, name, value, change) => {
    const box = element("label"), made = element("input", "", { type: "checkbox", id: name });
    made.checked = value;
    made.onchange = () => change(made.checked);
    box.append(made, text);
    return [box, made];
  };
  const [logBox, logTick] = tick("logarithmic", "log", scale.log, (log) => update({ scale: app.wanted = nameOf({ kind: scale.kind, log }) }));
  logTick.disabled = metric.scales.filter(({ kind }) => kind === scale.kind).length < 2;
  const [dotBox] = tick("measured points", "dots", app.state.dots, (dots) => update({ dots }));
  const [levelBox, levelInput] = [element("label", "bold contour at"), element("input", "", { type: "number", id: "level", step: "any" })];
  levelInput.value = app.state.level ?? "";
  const doubles = scale.panels.flat().some(({ doubling }) => doubling);
  levelInput.placeholder = doubles ? (scale.kind === "ratio" ? "2" : "double") : "none";
  levelInput.oninput = () => update({ level: Number.isFinite(levelInput.valueAsNumber) ? levelInput.valueAsNumber : null });
  levelBox.append(levelInput);
  const [sectionBox, sectionChoice] = choice("cross-section of", "section", [["mean", "all planes"], ["plane", "this plane"]]);
  sectionChoice.value = app.state.section;
  sectionChoice.onchange = () => update({ section: sectionChoice.value });
  const several = app.surfaces.some(({ random, planes }) => random && planes > 1);
  const end = element("span", "", { class: "end" });
  for (const [text, act] of [["SVG", saveSvg], ["PNG", savePng], ["CSV", saveCsv], ["Reset", () => { draw.shown = app.wanted = ""; update(start()); }]]) {
    const made = element("button", text, { type: "button", id: text.toLowerCase(), ...(text === "Reset" ? {} : { "aria-label": `Download ${text}` }) });
    made.onclick = act;
    end.append(made);
  }
  const controls = document.getElementById("controls"), focused = document.activeElement.id;
  controls.replaceChildren(...(Object.keys(DATA.metrics).length > 1 ? [metricBox] : []), kindBox, logBox, levelBox, ...(several ? [sectionBox] : []), dotBox, end);
  if (focused && controls.querySelector(`#${focused}`)) document.getElementById(focused).focus();
  showPlanes();
}

function showPlanes() {
  const box = document.getElementById("planes"), count = Math.max(...app.surfaces.map((one) => one.planes));
  if (count < 2) return;
  const inside = box.contains(document.activeElement);
  box.replaceChildren(...Array.from({ length: count }, (_, plane) => {
    const chosen = plane === app.state.plane;
    const made = element("button", "", { type: "button", role: "radio", "aria-checked": chosen, tabindex: chosen ? 0 : -1 });
    const first = app.surfaces.findIndex((one) => one.planes > plane), field = app.field(first, plane);
    made.append(app.keep(field, `thumb ${app.state.scale} ${app.dark}`, () => paint(app, field, field, app.extent, 96, 96)), `plane ${plane}`);
    made.onclick = () => update({ plane });
    made.onkeydown = (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      update({ plane: (plane + step + count) % count });
    };
    return made;
  }));
  if (inside) box.querySelector('[aria-checked="true"]').focus();
}

app.extent = extentOf(app.surfaces);
readTheme();
app.state = readFragment();
