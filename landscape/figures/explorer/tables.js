// What can be read without a picture: the cursor, statistics, the cross-section, and CSV.

function element(tag, text = "", attributes = {}) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function table(head, rows, numeric) {
  const made = element("table"), top = element("tr");
  head.forEach((text, k) => top.append(element("th", text, { scope: "col", ...(numeric.includes(k) ? { class: "number" } : {}) })));
  made.append(element("thead"), element("tbody"));
  made.tHead.append(top);
  for (const row of rows) {
    const line = element("tr");
    row.forEach((cell, k) => {
      const made = element("td", typeof cell === "string" ? cell : cell.value, numeric.includes(k) ? { class: "number" } : {});
      if (cell.interval) made.append(" ", element("small", cell.interval));
      if (cell.note) made.title = cell.note;
      line.append(made);
    });
    made.tBodies[0].append(line);
  }
  return made;
}

// What is known of the error of one point, and how its value came about.
function origin(field, at) {
  const error = field.errors[at], known = Number.isFinite(error);
  if (field.status[at] === 1) {
    return known
      ? { how: "measured", error: 1.96 * error, says: "95% over samples" }
      : { how: "measured", error: NaN, says: "error over samples not recorded" };
  }
  if (field.status[at] === 2) return { how: "failed", error: NaN, says: "" };
  if (Number.isNaN(field.values[at])) return { how: "missing", error: NaN, says: "" };
  const accurate = field.values[at] <= field.limit;
  return { how: "estimated", error, says: accurate ? "error of the estimate" : "beyond what was asked to be accurate" };
}

function showCursor(app) {
  const found = app.surfaces.map((surface, index) => ({ surface, at: app.cursorIn(app.field(index)) }));
  const made = found.length > 1 ? cursorTable(app, found) : [found[0].at ? cursorLine(app, found[0].at) : element("p", "outside of this surface")];
  // Only what changed is read aloud.
  const shown = document.getElementById("cursor"), text = made.map(({ textContent }) => textContent).join("");
  if (shown.textContent !== text) shown.replaceChildren(...made);
}

const placeOf = ({ alpha, beta }) => `α ${writePlace(alpha)}, β ${writePlace(beta)}`;

function relationOf(app, { value, field: { center } }) {
  if (center > 0 && app.metric.scales.some(({ kind }) => kind === "ratio")) return Number.isFinite(value) ? `${write(value / center, 3)}× the center` : "";
  return Number.isFinite(value - center) ? `${value < center ? "" : "+"}${write(value - center, 3)} to the center` : "";
}

function cursorLine(app, at) {
  const { how, error, says } = origin(at.field, at.index), { value } = at, line = element("p");
  line.append(`${placeOf(at)}: ${app.metric.name} `);
  if (Number.isNaN(value)) line.append(element("b", how));
  else line.append(element("b", write(value)), Number.isFinite(error) ? ` ± ${write(error, 2)}` : "", ` — ${how}${says ? ` (${says})` : ""}`);
  const relation = relationOf(app, at);
  if (relation) line.append(`, ${relation}`);
  return line;
}

// A row for each surface; what all rows share stands above and below.
function cursorTable(app, found) {
  const first = found.find(({ at }) => at)?.at, spoken = new Set();
  const rows = found.map(({ surface, at }) => {
    if (!at) return [surface.title, "outside", "", ""];
    const { how, error, says } = origin(at.field, at.index);
    if (says) spoken.add(`${how}: ${says}`);
    const value = Number.isNaN(at.value) ? "–" : write(at.value) + (Number.isFinite(error) ? ` ± ${write(error, 2)}` : "");
    return [{ value: surface.title, interval: placeOf(at) === placeOf(first) ? "" : placeOf(at) }, value, how, relationOf(app, at).replace(/( to)? the center$/, "")];
  });
  const head = ["surface", app.metric.name, "how", "to the center"];
  return [element("p", first ? placeOf(first) : ""), table(head, rows, []), element("small", [...spoken].join(" · "))];
}

function showPlayed() {
  const slider = document.getElementById("played");
  if (!slider) return;
  slider.value = app.state.played;
  const heads = app.surfaces.flatMap((_, index) => app.paths(index).map((path) => path[path.length - 1].label));
  document.getElementById("heads").textContent = heads.join(", ");
}

function showStatistics(app) {
  const { metric, surfaces } = app, several = surfaces.length > 1;
  const head = ["statistic", ...surfaces.map(({ title }) => (several ? title : "value"))];
  const rows = metric.statistics.map(({ name, unit, cells }) => [{ value: name, interval: unit }, ...cells]);
  document.querySelector("#statistics .wide").replaceChildren(
    table(head, rows, []), element("small", metric.confidence && `[${metric.confidence} interval over planes]`),
  );
}

function showNotes(app) {
  const found = new Map(), see = (note, title) => found.set(note, [...(found.get(note) || []), title]);
  app.surfaces.forEach(({ title, planes }, index) => {
    const plane = app.plane(index), before = planes > 1 ? `plane ${plane}: ` : "";
    for (const note of app.scale.panels[index][plane].notes) see(before + note, title);
    for (const note of app.metric.notes[index]) see(note, title);
  });
  const said = [...found].map(([note, titles]) => (titles.length < app.surfaces.length ? `${note} (${titles.join(", ")})` : note));
  if (app.scale.remark) said.push(app.scale.remark);
  const cut = app.scale.log ? 10 ** app.scale.range[1] : app.scale.range[1];
  const all = app.surfaces.length > 1 ? "surfaces and planes" : "planes";
  said.push(`The surface is cut at ${app.written(cut)}; colours and heights are the same for all ${all}.`);
  said.push("Hatched: no value there, or an estimate that is not accurate. Dot: center; cross: best point of the grid.");
  document.querySelector("#notes ul").replaceChildren(...said.map((text) => element("li", text)));
  document.getElementById("lede").textContent = app.surfaces.length > 1 ? "" : app.metric.sentences[0];
}

function showNumbers(app) {
  const details = document.getElementById("numbers");
  if (!details.open) return;
  const found = app.surfaces.map((_, index) => section(app, index)), means = found.some(({ average }) => average);
  const rows = found.flatMap(({ surface, samples, average }) => samples.flatMap(({ x, y, value, error }, k) => {
    if (k % 8) return [];
    const over = average?.samples[k], limits = over && Number.isFinite(over.low) ? `[${write(over.low)}, ${write(over.high)}]` : "";
    return [[surface.title, writePlace(x), writePlace(y), write(value), write(error, 2), over ? write(over.value) : "", limits]];
  }));
  const head = ["surface", "α", "β", app.metric.name, "±", "mean over planes", "95% interval"];
  const [from, to] = [app.surfaces.length > 1 ? 0 : 1, means ? 7 : 5], kept = (row) => row.slice(from, to);
  details.querySelector(".wide").replaceChildren(table(kept(head), rows.map(kept), [1, 2, 3, 4, 5, 6].map((k) => k - from)));
}

// All points of the planes that are shown, in full precision.
function csv(app) {
  const quoted = (text) => `"${text.replace(/"/g, '""')}"`;
  const lines = [["surface", "plane", "alpha", "beta", app.state.metric, "error", "how"].join()];
  app.surfaces.forEach((surface, index) => {
    const field = app.field(index);
    field.beta.forEach((y, i) => field.alpha.forEach((x, j) => {
      const at = i * field.alpha.length + j, { how, error } = origin(field, at);
      lines.push([quoted(surface.title), app.plane(index), x, y, Number.isNaN(field.values[at]) ? "" : field.values[at], Number.isFinite(error) ? error : "", how].join());
    }));
  });
  return lines.join("\n") + "\n";
}
