// The contours, and the scale of their colours. Each view draws a base that is kept, and what
// moves over it.

function bandOf(levels, value) {
  let band = 0;
  while (band < levels.length && value >= levels[band]) band++;
  return band;
}

function rgb(color) {
  return [1, 3, 5].map((k) => parseInt(color.slice(k, k + 2), 16));
}

function luminance(color) {
  const [r, g, b] = rgb(color).map((part) => (part / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

// The ink whose contrast with all of these colours is better.
function inkOn(...colors) {
  const found = colors.map(luminance), [darkest, lightest] = [Math.min(...found), Math.max(...found)];
  return (darkest + 0.05) / 0.059 > 1.05 / (lightest + 0.05) ? "#10182b" : "#ffffff";
}

// Colours of a picture of the values; hatched where there are none, or estimates are not accurate.
function paint(app, field, grid, extent, width, height) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d"), image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer), packed = (color) => new Uint32Array(Uint8Array.of(...rgb(color), 255).buffer)[0];
  const { levels, colors } = app.scale, bands = colors.map(packed), hatch = packed(app.theme.hatch);
  const across = Array.from({ length: width }, (_, k) => {
    const x = extent.x0 + ((k + 0.5) / width) * (extent.x1 - extent.x0);
    return inside(field, x, field.beta[0]) ? linear(grid.alpha, x) : null;
  });
  for (let row = 0; row < height; row++) {
    const y = extent.y1 - ((row + 0.5) / height) * (extent.y1 - extent.y0);
    if (!inside(field, field.alpha[0], y)) continue;
    const down = linear(grid.beta, y);
    for (let k = 0; k < width; k++) {
      if (!across[k]) continue;
      const value = weigh(grid.values, grid.alpha.length, down, across[k]);
      let color = 0;
      if (value <= field.limit) color = bands[bandOf(levels, app.relate(value, field))];
      else if ((k + row) % (width / 60) < width / 260) color = hatch;
      if (color) pixels[row * width + k] = color;
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

class MapView {
  constructor(app, index) { Object.assign(this, { app, index, kind: "map" }); }

  get field() { return this.app.field(this.index); }

  key() {
    const { metric, scale, dots, level } = this.app.state;
    return [metric, scale, this.app.plane(this.index), dots, level].join();
  }

  height(width) { return Math.round(24 + 40 + (width - 56) * this.app.extent.aspect); }

  frame(width, height) {
    const { x0, x1, y0, y1 } = this.app.extent, box = { x: 48, y: 24, w: width - 56, h: height - 64 };
    return {
      ...box,
      px: (x) => box.x + ((x - x0) / (x1 - x0)) * box.w,
      py: (y) => box.y + ((y1 - y) / (y1 - y0)) * box.h,
      ux: (px) => x0 + ((px - box.x) / box.w) * (x1 - x0),
      uy: (py) => y1 - ((py - box.y) / box.h) * (y1 - y0),
    };
  }

  base(pen, width, height) {
    const { app, field } = this, { theme, scale } = app, frame = this.frame(width, height);
    const grid = app.grid(field), panel = scale.panels[this.index][app.plane(this.index)];
    const density = Math.min(2, window.devicePixelRatio || 1);
    const picture = paint(app, field, grid, app.extent, Math.round(frame.w * density), Math.round(frame.h * density));
    pen.image(picture, frame.x, frame.y, frame.w, frame.h);
    const bold = app.state.level ?? panel.doubling, lines = [...scale.levels, ...(bold === null ? [] : [bold])];
    lines.forEach((level, k) => {
      const value = app.unrelate(level, field);
      if (value > field.limit) return;
      const flat = app.contour(field, value).map((u, i) => (i % 2 ? frame.py(u) : frame.px(u)));
      const beside = [scale.levels.filter((one) => one < level).length, bandOf(scale.levels, level)].map((band) => scale.colors[band]);
      const style = k === scale.levels.length ? { width: 2.2 } : { width: 0.8, alpha: 0.75 };
      pen.segments(flat, { stroke: inkOn(...beside), ...style });
    });
    if (field.limit < field.high) {
      const flat = app.contour(field, field.limit).map((u, i) => (i % 2 ? frame.py(u) : frame.px(u)));
      pen.segments(flat, { stroke: theme.soft, width: 1.2 }); // Where estimates end being accurate.
    }
    if (app.state.dots) {
      const size = Math.min(1.4, 0.22 * Math.abs(frame.px(field.alpha[1]) - frame.px(field.alpha[0])));
      field.beta.forEach((y, i) => field.alpha.forEach((x, j) => {
        const at = i * field.alpha.length + j;
        if (field.status[at] !== 1 || !Number.isFinite(field.values[at])) return;
        const ink = inkOn(scale.colors[bandOf(scale.levels, app.relate(field.values[at], field))]);
        pen.circle(frame.px(x), frame.py(y), size, { fill: ink });
      }));
    }
    this.axes(pen, frame, width, height, panel);
  }

  places(pen, frame) {
    const { app } = this, { places } = app.surfaces[this.index], { x0, x1, y0, y1 } = app.extent;
    const { best } = app.scale.panels[this.index][app.plane(this.index)];
    pen.within(frame.x, frame.y, frame.w, frame.h, () => {
      for (const path of app.paths(this.index)) {
        const points = path.map((place) => [frame.px(place.alpha), frame.py(place.beta)]);
        pen.path(points, { stroke: "#ffffff", width: 3 });
        pen.path(points, { stroke: "#10182b", width: 1.2 });
        points.forEach(([x, y], k) => pen.circle(x, y, k + 1 < points.length ? 2 : 4, { fill: "#ffffff", stroke: "#10182b" }));
        this.label(pen, frame, { ...path[path.length - 1], label: path[0].path });
      }
      for (const { alpha, beta, label } of places.filter(({ path }) => !path)) {
        pen.circle(frame.px(alpha), frame.py(beta), 3.5, { fill: "#ffffff", stroke: "#10182b" });
        this.label(pen, frame, { alpha, beta, label });
      }
      if (x0 <= 0 && x1 >= 0 && y0 <= 0 && y1 >= 0) pen.circle(frame.px(0), frame.py(0), 4, { fill: "#ffffff", stroke: "#10182b" });
      if (!best) return;
      const [x, y] = [frame.px(best[0]), frame.py(best[1])];
      const cross = [x - 3, y - 3, x + 3, y + 3, x - 3, y + 3, x + 3, y - 3];
      pen.segments(cross, { stroke: "#10182b", width: 3 });
      pen.segments(cross, { stroke: "#ffffff", width: 1.3 });
    });
  }

  // A name beside a place, on the side where there is more room.
  label(pen, frame, { alpha, beta, label }) {
    const { app, field } = this, x = frame.px(alpha), value = app.relate(sampleAt(field, alpha, beta), field);
    const color = Number.isFinite(value) ? inkOn(app.scale.colors[bandOf(app.scale.levels, value)]) : app.theme.ink;
    const left = x > frame.x + 0.6 * frame.w, room = left ? x - frame.x : frame.x + frame.w - x;
    pen.text(x + (left ? -7 : 7), frame.py(beta) - 6, shortened(label, room - 8, 11), { size: 11, color, align: left ? "end" : "start" });
  }

  axes(pen, frame, width, height, panel) {
    const { app } = this, { theme, extent } = app, surface = app.surfaces[this.index];
    pen.path([[frame.x, frame.y], [frame.x + frame.w, frame.y], [frame.x + frame.w, frame.y + frame.h], [frame.x, frame.y + frame.h]], { stroke: theme.soft, width: 0.8, closed: true });
    for (const x of niceTicks(extent.x0, extent.x1, 4)) {
      pen.segments([frame.px(x), frame.y + frame.h, frame.px(x), frame.y + frame.h + 4], { stroke: theme.soft });
      pen.text(frame.px(x), frame.y + frame.h + 17, write(x, 3), { size: 11, color: theme.soft, align: "middle" });
    }
    for (const y of niceTicks(extent.y0, extent.y1, 4)) {
      pen.segments([frame.x - 4, frame.py(y), frame.x, frame.py(y)], { stroke: theme.soft });
      pen.text(frame.x - 7, frame.py(y) + 4, write(y, 3), { size: 11, color: theme.soft, align: "end" });
    }
    const side = (text, room) => (6.4 * text.length < room ? text : text.slice(0, 1)); // its letter is enough
    pen.text(frame.x + frame.w / 2, height - 5, side(surface.axes[0], frame.w), { color: theme.ink, align: "middle" });
    pen.text(12, frame.y + frame.h / 2, side(surface.axes[1], frame.h), { color: theme.ink, align: "middle", turned: true });
    this.title(pen, frame, panel, surface);
  }

  // The name counts most, then where the loss doubles, then the plane, which is chosen above.
  title(pen, frame, panel, surface) {
    const { app } = this, { theme, state, surfaces } = app, name = surfaces.length > 1 ? surface.title : "contours";
    const plane = surface.planes > 1 ? `, plane ${app.plane(this.index)}` : "";
    // Of all maps alike: what there is room for beside the longest name.
    const longest = Math.max(...surfaces.map(({ title }) => title.length), 8), fits = (more) => 6.9 * (longest + more) + 8 < frame.w;
    const doubles = panel.radius && `${fits(15) ? "doubles" : "2×"} at ${panel.radius}`;
    const radius = state.level !== null ? `bold: ${app.written(state.level)}` : doubles;
    pen.text(frame.x, 15, shortened(name, frame.w) + (fits(26) ? plane : ""), { color: theme.ink, bold: true });
    pen.text(frame.x + frame.w, 15, fits(10) ? radius : "", { color: theme.soft, align: "end" });
  }

  over(pen, width, height) {
    const { app } = this, frame = this.frame(width, height), [x0, y0, x1, y1] = app.state.line;
    this.places(pen, frame);
    const ends = [[frame.px(x0), frame.py(y0)], [frame.px(x1), frame.py(y1)]];
    pen.path(ends, { stroke: "#ffffff", width: 4 });
    pen.path(ends, { stroke: "#b3261e", width: 2 });
    pen.circle(...ends[0], 4, { fill: "#b3261e", stroke: "#ffffff", width: 1.5 });
    pen.circle(...ends[1], 4, { fill: "#ffffff", stroke: "#b3261e", width: 1.5 });
    const at = app.cursorIn(this.field);
    if (!at) return;
    const [x, y] = [frame.px(at.alpha), frame.py(at.beta)];
    for (const [color, thick] of [["#ffffff", 3.5], ["#10182b", 1.4]]) {
      pen.circle(x, y, 6, { stroke: color, width: thick });
      pen.segments([x - 11, y, x - 6, y, x + 6, y, x + 11, y, x, y - 11, x, y - 6, x, y + 6, x, y + 11], { stroke: color, width: thick });
    }
  }
}

class BarView {
  constructor(app) { Object.assign(this, { app, kind: "bar" }); }

  key() { return [this.app.state.metric, this.app.state.scale].join(); }

  height() { return 46; }

  base(pen, width) {
    const { scale, theme } = this.app, count = scale.colors.length;
    const room = Math.min(width - 20, 640), step = room / count, left = 10;
    pen.text(left, 12, scale.title + (scale.log ? ", equal ratios" : ""), { color: theme.ink, size: 12 });
    scale.colors.forEach((color, k) => {
      const [x0, x1] = [left + k * step, left + (k + 1) * step];
      pen.path([[x0, 18], [x1 + 0.4, 18], [x1 + 0.4, 29], [x0, 29]], { fill: color, closed: true });
    });
    pen.path([[left, 18], [left + room, 18], [left + room, 29], [left, 29]], { stroke: theme.rule, closed: true });
    const widest = 6.5 * Math.max(...scale.labels.map(({ length }) => length)) + 6, each = Math.ceil(widest / step);
    scale.labels.forEach((label, k) => {
      if (k % each) return;
      pen.text(left + (k + 1) * step, 43, label, { color: theme.soft, size: 11, align: "middle" });
    });
  }

  over() {}
}
