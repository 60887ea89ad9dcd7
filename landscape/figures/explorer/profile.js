// The cross-section: values along the line of all surfaces and planes, their mean and its interval,
// or one plane with its errors.

const CURVES = ["#b3261e", "#12617f", "#8a6d00", "#6a3d9a", "#3b7a3b", "#7d7c78"];
const CURVES_DARK = ["#ff9d8f", "#6cc4e4", "#e5c453", "#c9a7f0", "#8fd08f", "#c0bfbb"];
const STEPS = 160;
const FEW = 3; // Of more surfaces bands and thin lines would hide one another.

// Values in the metric's units at equal steps along the line; errors are those of the points beside.
function along(app, field) {
  const [x0, y0, x1, y1] = app.state.line, samples = [];
  for (let k = 0; k <= STEPS; k++) {
    const share = k / STEPS, [x, y] = [x0 + (x1 - x0) * share, y0 + (y1 - y0) * share];
    const value = sampleAt(field, x, y), kept = value <= field.limit;
    samples.push({ share, x, y, value: kept ? value : NaN, error: kept ? linearAt(field, field.spread, x, y) : NaN });
  }
  return samples;
}

// What is known along the line of one surface; of random planes, of all together.
function section(app, index) {
  const surface = app.surfaces[index], chosen = app.plane(index), field = app.field(index);
  const planes = surface.random ? [...Array(surface.planes).keys()] : [chosen];
  const each = planes.map((plane) => along(app, app.field(index, plane)));
  const { bounds } = surface.values[app.state.metric], samples = each[planes.indexOf(chosen)];
  return { field, surface, samples, others: each.filter((one) => one !== samples), average: averaged(each, bounds) };
}

class ProfileView {
  constructor(app) { Object.assign(this, { app, kind: "profile" }); }

  key() {
    const { app } = this, { state } = app;
    return [state.metric, state.scale, state.plane, state.line.join(), state.dots, state.section, state.level].join();
  }

  height(width) { return (width < 500 ? 280 : 300) + 17 * (this.names(width).rows - 1); }

  // Places of the names of surfaces above the curves, in as many rows as they need.
  names(width) {
    const { surfaces } = this.app, right = width - 14, places = [];
    let [x, row] = [162, 0];
    for (const { title } of surfaces.length > 1 ? surfaces : []) {
      const name = shortened(title, right - 62 - 40), wide = 36 + 6.6 * name.length;
      if (x + wide > right && x > 62) [x, row] = [62, row + 1];
      places.push({ name, x, y: 15 + 17 * row });
      x += wide;
    }
    return { places, rows: row + 1 };
  }

  curves() {
    const { app } = this, colors = app.dark ? CURVES_DARK : CURVES;
    return app.surfaces.map((_, index) => {
      const found = section(app, index), { average, samples, others } = found;
      const color = colors[index % colors.length];
      if (app.state.section !== "mean" || !average) return { ...found, color, bold: samples, thin: others, average: null };
      return { ...found, color, bold: average.samples, thin: [samples, ...others] };
    });
  }

  // Limits beside a value: of the mean, or of one plane by its error.
  limits({ value, error, low, high }) { return low === undefined ? [value - error, value + error] : [low, high]; }

  frame(width, height) {
    const { app } = this, { scale } = app, curves = this.curves();
    let [low, high] = [Infinity, -Infinity];
    const see = (value) => { if (Number.isFinite(value) && (!scale.log || value > 0)) { low = Math.min(low, value); high = Math.max(high, value); } };
    for (const { field, bold, thin } of curves) {
      for (const points of curves.length > FEW ? [bold] : [bold, ...thin]) for (const { value } of points) see(app.relate(value, field));
    }
    // Of a band as much as the curves span, so that a wide one does not flatten them.
    const [least, most, span] = [low, high, high - low];
    const raise = scale.log ? Math.log10 : (value) => value;
    for (const curve of curves) {
      const limits = curve.bold.map((point) => this.limits(point).map((limit) => app.relate(limit, curve.field)));
      const wide = limits.filter(([from, to]) => raise(to) - raise(from) > raise(most) - raise(least));
      const known = limits.filter(([from, to]) => Number.isFinite(from + to));
      curve.tooWide = Boolean(curve.average) && wide.length > 0.5 * known.length;
      for (const [from, to] of curve.tooWide || curves.length > FEW ? [] : known) {
        see(Math.min(to, scale.log ? most ** 2 / least : most + span));
        see(Math.max(from, scale.log ? least ** 2 / most : least - span));
      }
    }
    if (low > high) [low, high] = [0, 1];
    if (low === high) [low, high] = scale.log ? [low / 2, high * 2] : [low - 0.5, high + 0.5];
    const above = 30 + 17 * (this.names(width).rows - 1);
    const room = 0.06 * (raise(high) - raise(low)), box = { x: 62, y: above, w: width - 76, h: height - above - 48 };
    const [bottom, top] = [raise(low) - room, raise(high) + room];
    return {
      ...box, curves, limits: scale.log ? [10 ** bottom, 10 ** top] : [bottom, top],
      px: (share) => box.x + share * box.w,
      py: (value) => box.y + ((top - raise(value)) / (top - bottom)) * box.h,
    };
  }

  base(pen, width, height) {
    const { app } = this, { theme, scale, state } = app, frame = (this.last = this.frame(width, height));
    const ticks = scale.log ? logTicks(...frame.limits) : niceTicks(...frame.limits, 5);
    for (const tick of ticks) {
      pen.segments([frame.x, frame.py(tick), frame.x + frame.w, frame.py(tick)], { stroke: theme.rule, width: 0.8 });
      pen.text(frame.x - 8, frame.py(tick) + 4, app.written(tick), { size: 11, color: theme.soft, align: "end" });
    }
    pen.within(frame.x, frame.y - 4, frame.w, frame.h + 8, () => {
      if (state.level !== null && (!scale.log || state.level > 0)) {
        const y = frame.py(state.level);
        pen.segments([frame.x, y, frame.x + frame.w, y], { stroke: theme.ink, width: 1.2, dash: [5, 4] });
      }
      for (const curve of frame.curves) this.curve(pen, frame, curve);
    });
    const [x0, y0, x1, y1] = app.state.line, place = (x, y) => `α ${writePlace(x)}, β ${writePlace(y)}`;
    pen.path([[frame.x, frame.y + frame.h], [frame.x + frame.w, frame.y + frame.h]], { stroke: theme.soft });
    pen.text(frame.x, frame.y + frame.h + 17, `● ${place(x0, y0)}`, { size: 11, color: theme.soft });
    pen.text(frame.x + frame.w, frame.y + frame.h + 17, `○ ${place(x1, y1)}`, { size: 11, color: theme.soft, align: "end" });
    pen.text(14, frame.y + frame.h / 2, scale.title, { color: theme.ink, align: "middle", turned: true });
    this.legend(pen, frame, width, height);
  }

  curve(pen, frame, { field, color, samples, bold, thin, tooWide }) {
    const { app } = this, least = app.scale.log ? frame.limits[0] : -Infinity;
    const stroke = (points, style) => {
      const runs = [[]];
      for (const { share, value } of points) {
        const y = app.relate(value, field);
        if (Number.isFinite(y) && (!app.scale.log || y > 0)) runs[runs.length - 1].push([frame.px(share), frame.py(y)]);
        else if (runs[runs.length - 1].length) runs.push([]);
      }
      for (const run of runs) pen.path(run, { stroke: color, ...style });
    };
    const known = bold.filter((point) => Number.isFinite(point.value) && this.limits(point).every(Number.isFinite));
    const edge = (end) => known.map((point) => [frame.px(point.share), frame.py(Math.max(least, app.relate(this.limits(point)[end], field)))]);
    const few = app.surfaces.length <= FEW;
    if (few && known.length > 1 && !tooWide) pen.path([...edge(1), ...edge(0).reverse()], { fill: color, alpha: 0.2, closed: true });
    for (const points of few ? thin : []) stroke(points, points === samples ? { width: 1.2, alpha: 0.9 } : { width: 0.8, alpha: 0.5 });
    stroke(bold, { width: 2 });
    if (app.state.dots) this.dots(pen, frame, field, color);
  }

  // Measured points that lie on the line.
  dots(pen, frame, field, color) {
    const { app } = this, [x0, y0, x1, y1] = app.state.line, [dx, dy] = [x1 - x0, y1 - y0];
    const near = 0.05 * (field.alpha[1] - field.alpha[0]), length = Math.hypot(dx, dy);
    field.beta.forEach((y, i) => field.alpha.forEach((x, j) => {
      const at = i * field.alpha.length + j, value = app.relate(field.values[at], field);
      if (field.status[at] !== 1 || !Number.isFinite(value) || !length || field.values[at] > field.limit) return;
      const share = ((x - x0) * dx + (y - y0) * dy) / length ** 2;
      const off = Math.abs((x - x0) * dy - (y - y0) * dx) / length;
      if (share < -1e-9 || share > 1 + 1e-9 || off > near || (app.scale.log && value <= 0)) return;
      pen.circle(frame.px(share), frame.py(value), 3, { fill: app.theme.paper, stroke: color, width: 1.4 });
    }));
  }

  legend(pen, frame, width, height) {
    const { theme } = this.app, narrow = width < 500;
    pen.text(frame.x, 15, "cross-section", { color: theme.ink, bold: true });
    this.names(width).places.forEach(({ name, x, y }, index) => {
      pen.path([[x, y - 4], [x + 16, y - 4]], { stroke: frame.curves[index].color, width: 2.5 });
      pen.text(x + 21, y, name, { color: theme.ink });
    });
    pen.text(narrow ? 8 : frame.x, height - 8, this.says(frame), { size: narrow ? 10 : 11, color: theme.soft });
  }

  says({ curves }) {
    const said = [...new Set(curves.flatMap(({ average }) => (average ? [average.said] : [])))];
    if (curves.length > FEW) return `${said.length ? `${said.join(", ")}; intervals` : "errors"} are in the table below`;
    const lost = curves.some(({ tooWide }) => tooWide) ? ", where not wider than this figure" : "";
    const parts = [said.length ? `bold: ${said.join(", ")}; band: its 95% interval${lost}` : this.app.spreads()];
    if (curves.some(({ thin }) => thin.length)) parts.push(said.length ? "thin: planes" : "thin: other planes");
    return parts.join(" · ");
  }

  over(pen, width, height) {
    const { app } = this, frame = this.last || this.frame(width, height), [x0, y0, x1, y1] = app.state.line;
    const at = app.cursorIn(app.field(0)), length = (x1 - x0) ** 2 + (y1 - y0) ** 2;
    if (!at || !length) return;
    const share = ((at.alpha - x0) * (x1 - x0) + (at.beta - y0) * (y1 - y0)) / length;
    const off = Math.hypot(at.alpha - x0 - share * (x1 - x0), at.beta - y0 - share * (y1 - y0));
    const spacing = at.field.alpha[1] - at.field.alpha[0];
    if (share < 0 || share > 1 || off > spacing) return;
    pen.segments([frame.px(share), frame.y, frame.px(share), frame.y + frame.h], { stroke: app.theme.ink, width: 1, dash: [3, 3] });
  }
}
