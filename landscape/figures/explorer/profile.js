// The cross-section: values along the line with their errors, of all surfaces and planes.

const CURVES = ["#b3261e", "#12617f", "#8a6d00", "#6a3d9a", "#3b7a3b", "#7d7c78"];
const CURVES_DARK = ["#ff9d8f", "#6cc4e4", "#e5c453", "#c9a7f0", "#8fd08f", "#c0bfbb"];
const STEPS = 160;

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

class ProfileView {
  constructor(app) { Object.assign(this, { app, kind: "profile" }); }

  key() {
    const { app } = this, { state } = app;
    return [state.metric, state.scale, state.plane, state.line.join(), state.dots].join();
  }

  height(width) { return width < 500 ? 280 : 300; }

  curves() {
    const { app } = this, colors = app.dark ? CURVES_DARK : CURVES;
    return app.surfaces.map((surface, index) => {
      const planes = surface.random ? [...Array(surface.planes).keys()] : [app.plane(index)];
      return {
        field: app.field(index), color: colors[index % colors.length], title: surface.title,
        samples: along(app, app.field(index)),
        others: planes.filter((p) => p !== app.plane(index)).map((p) => [app.field(index, p), along(app, app.field(index, p))]),
      };
    });
  }

  frame(width, height) {
    const { app } = this, { scale } = app, curves = this.curves();
    let [low, high] = [Infinity, -Infinity];
    const see = (value) => { if (Number.isFinite(value) && (!scale.log || value > 0)) { low = Math.min(low, value); high = Math.max(high, value); } };
    for (const { field, samples, others } of curves) {
      for (const { value } of samples) see(app.relate(value, field));
      for (const [other, points] of others) for (const { value } of points) see(app.relate(value, other));
    }
    // Of a band as much as the curves span, so that a wide one does not flatten them.
    const [least, most, span] = [low, high, high - low];
    for (const { field, samples } of curves) {
      for (const { value, error } of samples) {
        see(Math.min(app.relate(value + error, field), most + span));
        see(Math.max(app.relate(value - error, field), scale.log ? least ** 2 / most : least - span));
      }
    }
    if (low > high) [low, high] = [0, 1];
    if (low === high) [low, high] = scale.log ? [low / 2, high * 2] : [low - 0.5, high + 0.5];
    const raise = scale.log ? Math.log10 : (value) => value;
    const room = 0.06 * (raise(high) - raise(low)), box = { x: 62, y: 30, w: width - 76, h: height - 78 };
    const [bottom, top] = [raise(low) - room, raise(high) + room];
    return {
      ...box, curves, limits: scale.log ? [10 ** bottom, 10 ** top] : [bottom, top],
      px: (share) => box.x + share * box.w,
      py: (value) => box.y + ((top - raise(value)) / (top - bottom)) * box.h,
    };
  }

  base(pen, width, height) {
    const { app } = this, { theme, scale } = app, frame = (this.last = this.frame(width, height));
    const ticks = scale.log ? logTicks(...frame.limits) : niceTicks(...frame.limits, 5);
    for (const tick of ticks) {
      pen.segments([frame.x, frame.py(tick), frame.x + frame.w, frame.py(tick)], { stroke: theme.rule, width: 0.8 });
      const text = write(tick, 3) + (scale.kind === "ratio" ? "×" : "");
      pen.text(frame.x - 8, frame.py(tick) + 4, text, { size: 11, color: theme.soft, align: "end" });
    }
    pen.within(frame.x, frame.y - 4, frame.w, frame.h + 8, () => {
      for (const curve of frame.curves) this.curve(pen, frame, curve);
    });
    const [x0, y0, x1, y1] = app.state.line, place = (x, y) => `α ${writePlace(x)}, β ${writePlace(y)}`;
    pen.path([[frame.x, frame.y + frame.h], [frame.x + frame.w, frame.y + frame.h]], { stroke: theme.soft });
    pen.text(frame.x, frame.y + frame.h + 17, `● ${place(x0, y0)}`, { size: 11, color: theme.soft });
    pen.text(frame.x + frame.w, frame.y + frame.h + 17, `○ ${place(x1, y1)}`, { size: 11, color: theme.soft, align: "end" });
    pen.text(14, frame.y + frame.h / 2, scale.title, { color: theme.ink, align: "middle", turned: true });
    this.legend(pen, frame, width, height);
  }

  curve(pen, frame, { field, color, samples, others }) {
    const { app } = this, least = app.scale.log ? frame.limits[0] : -Infinity;
    const runs = (points, value) => {
      const found = [[]];
      for (const point of points) {
        const y = value(point);
        if (Number.isFinite(y) && (!app.scale.log || y > 0)) found[found.length - 1].push([frame.px(point.share), frame.py(y)]);
        else if (found[found.length - 1].length) found.push([]);
      }
      return found;
    };
    const known = samples.filter(({ value, error }) => Number.isFinite(value) && Number.isFinite(error));
    const edge = (sign) => known.map(({ share, value, error }) => [frame.px(share), frame.py(Math.max(least, app.relate(value + sign * error, field)))]);
    if (known.length > 1) pen.path([...edge(1), ...edge(-1).reverse()], { fill: color, alpha: 0.22, closed: true });
    for (const [other, points] of others) {
      for (const run of runs(points, ({ value }) => app.relate(value, other))) pen.path(run, { stroke: color, width: 0.8, alpha: 0.5 });
    }
    for (const run of runs(samples, ({ value }) => app.relate(value, field))) pen.path(run, { stroke: color, width: 2 });
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
    const { app } = this, { theme } = app, narrow = width < 500;
    let x = frame.x;
    pen.text(x, 15, "cross-section", { color: theme.ink, bold: true });
    x += 100;
    if (app.surfaces.length > 1) {
      const room = (frame.x + frame.w - x) / app.surfaces.length;
      for (const { title, color } of frame.curves) {
        const name = shortened(title, room - 34);
        pen.path([[x, 11], [x + 16, 11]], { stroke: color, width: 2.5 });
        pen.text(x + 21, 15, name, { color: theme.ink });
        x += Math.min(room, 38 + 7.2 * name.length);
      }
    }
    const says = [app.spreads(), frame.curves.some(({ others }) => others.length) ? "thin: other planes" : ""].filter(Boolean).join(" · ");
    pen.text(narrow ? 8 : frame.x, height - 8, says, { size: narrow ? 10 : 11, color: theme.soft });
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
