// The relief over its floor, drawn from behind to the front by the pen: no library, no GPU.

class ReliefView {
  constructor(app, index) { Object.assign(this, { app, index, kind: "relief" }); }

  get field() { return this.app.field(this.index); }

  key() {
    const { state } = this.app;
    return [state.metric, state.scale, this.app.plane(this.index), state.turn, state.tilt, state.zoom, this.app.moving].join();
  }

  height(width) { return Math.round(64 + (width - 56) * Math.max(this.app.extent.aspect, 0.75)); }

  // Orthographic: x and y from −1 to 1, z from 0 (lowest) to 1 (highest), the floor below.
  camera(width, height) {
    const { state, extent } = this.app, size = Math.min(width, height) * 0.335 * state.zoom;
    const [turn, tilt] = [state.turn, state.tilt].map((degrees) => (degrees * Math.PI) / 180);
    const [c, s, up, flat] = [Math.cos(turn), Math.sin(turn), Math.cos(tilt), Math.sin(tilt)];
    const project = ([x, y, z]) => {
      const depth = s * x + c * y;
      return [width / 2 + size * (c * x - s * y), height * 0.5 - size * (1.15 * (z - 0.3) * up + depth * flat), depth];
    };
    const nx = (x) => (2 * (x - extent.x0)) / (extent.x1 - extent.x0) - 1;
    const ny = (y) => ((2 * (y - extent.y0)) / (extent.y1 - extent.y0) - 1) * extent.aspect;
    return { project, nx, ny, c, s };
  }

  lift(value) {
    return value <= this.field.limit * (1 + 1e-9) ? this.heightOf(value) : NaN;
  }

  heightOf(value) {
    const { app } = this, [low, high] = app.scale.range;
    return (app.raise(app.relate(value, this.field)) - low) / (high - low);
  }

  mesh() {
    // Coarser while it is turned, so that it follows the hand.
    const { app, field } = this, cells = app.moving ? 32 : 80;
    const even = (nodes) => Float64Array.from({ length: cells + 1 }, (_, k) => nodes[0] + ((nodes[nodes.length - 1] - nodes[0]) * k) / cells);
    return app.keep(field, `mesh ${app.state.scale} ${cells}`, () => {
      const [xs, ys] = [even(field.alpha), even(field.beta)];
      return { xs, ys, zs: sampleGrid(field, xs, ys).map((value) => this.heightOf(value)) };
    });
  }

  base(pen, width, height) {
    const { app, field } = this, { theme, scale } = app, { xs, ys, zs } = this.mesh();
    const { project, nx, ny, c, s } = this.camera(width, height), [low, high] = scale.range;
    const edges = scale.levels.map((level) => (app.raise(level) - low) / (high - low));
    const colors = scale.colors.map(rgb);
    // Cut inside the cells, so that the edge is smooth, at the top or where accuracy ends.
    const top = field.limit < field.high ? Math.min(1, this.heightOf(field.limit)) : 1;
    this.floor(pen, width, height);
    const order = (count, forward) => Array.from({ length: count }, (_, k) => (forward ? k : count - 1 - k));
    const rows = order(ys.length - 1, c < 0), columns = order(xs.length - 1, s < 0);
    for (const i of rows) {
      for (const j of columns) {
        const corners = [[i, j], [i, j + 1], [i + 1, j + 1], [i + 1, j]].map(([a, b]) => [nx(xs[b]), ny(ys[a]), zs[a * xs.length + b]]);
        const heights = corners.map((corner) => corner[2]);
        if (heights.some(Number.isNaN) || Math.min(...heights) > top) continue;
        const [dx, dy] = [corners[1][0] - corners[0][0], corners[3][1] - corners[0][1]];
        const [gx, gy] = [(heights[1] - heights[0] + heights[2] - heights[3]) / (2 * dx), (heights[3] - heights[0] + heights[2] - heights[1]) / (2 * dy)];
        const light = 0.8 + (0.26 * (0.55 + 0.5 * gx + 0.35 * gy)) / Math.hypot(1, gx, gy);
        let rest = clipAt(corners, top, 1);
        const [from, to] = [bandOf(edges, Math.min(...heights)), bandOf(edges, Math.min(top, Math.max(...heights)))];
        for (let band = from; band <= to && rest.length > 2; band++) {
          const piece = band < to ? clipAt(rest, edges[band], 1) : rest;
          if (band < to) rest = clipAt(rest, edges[band], -1);
          if (piece.length < 3) continue;
          const color = `rgb(${colors[band].map((part) => Math.min(255, Math.round(part * light))).join(",")})`;
          pen.path(piece.map(project), { fill: color, stroke: color, width: 0.6, closed: true });
        }
      }
    }
    const title = app.surfaces.length > 1 ? app.surfaces[this.index].title : "surface";
    const heights = scale.title + (scale.log ? ", log" : "");
    const beside = 6.9 * (title.length + heights.length) + 24 < width ? heights : "";
    pen.text(8, 15, shortened(title, width - 16), { color: theme.ink, bold: true });
    pen.text(width - 8, 15, beside, { color: theme.soft, align: "end" });
  }

  floor(pen, width, height) {
    const { app, field } = this, { theme, scale, extent } = app, { project, nx, ny } = this.camera(width, height);
    const z = -0.45, corner = (x, y) => project([nx(x), ny(y), z]);
    const { x0, x1, y0, y1 } = extent;
    pen.path([corner(x0, y0), corner(x1, y0), corner(x1, y1), corner(x0, y1)], { fill: theme.wash, stroke: theme.rule, closed: true });
    scale.levels.forEach((level, k) => {
      const value = app.unrelate(level, field);
      if (value > field.limit) return;
      const lines = app.contour(field, value), flat = [];
      for (let i = 0; i < lines.length; i += 2) flat.push(...corner(lines[i], lines[i + 1]).slice(0, 2));
      pen.segments(flat, { stroke: scale.colors[k], width: 1.6 });
      pen.segments(flat, { stroke: theme.soft, width: 0.5, alpha: 0.6 });
    });
    for (const [x, y, name] of [[(x0 + x1) / 2, y0, "α"], [(x0 + x1) / 2, y1, "α"], [x0, (y0 + y1) / 2, "β"], [x1, (y0 + y1) / 2, "β"]]) {
      const [px, py, depth] = project([1.13 * nx(x), 1.13 * ny(y), z]);
      if (depth < 0) pen.text(px, py + 4, name, { color: theme.ink, align: "middle" });
    }
  }

  over(pen, width, height) {
    const { app, field } = this, { project, nx, ny } = this.camera(width, height);
    const [x0, y0, x1, y1] = app.state.line, count = 120, pieces = [[]];
    for (let k = 0; k <= count; k++) {
      const [x, y] = [x0 + ((x1 - x0) * k) / count, y0 + ((y1 - y0) * k) / count];
      const z = this.lift(sampleAt(field, x, y));
      if (z <= 1) pieces[pieces.length - 1].push(project([nx(x), ny(y), z]));
      else if (pieces[pieces.length - 1].length) pieces.push([]);
    }
    for (const piece of pieces) {
      pen.path(piece, { stroke: "#ffffff", width: 4 });
      pen.path(piece, { stroke: "#b3261e", width: 2 });
    }
    for (const path of app.paths(this.index)) {
      const found = path.map(({ alpha, beta }) => [nx(alpha), ny(beta), this.lift(sampleAt(field, alpha, beta))]);
      const points = found.filter(([, , z]) => z <= 1).map(project);
      pen.path(points, { stroke: "#ffffff", width: 3 });
      pen.path(points, { stroke: "#10182b", width: 1.2 });
      for (const [x, y] of points.slice(-1)) pen.circle(x, y, 4, { fill: "#ffffff", stroke: "#10182b" });
    }
    const at = app.cursorIn(field);
    if (!at) return;
    const z = Math.min(this.lift(at.value), 1);
    if (Number.isNaN(z)) return;
    const place = [nx(at.alpha), ny(at.beta)];
    const [foot, head] = [project([...place, -0.45]), project([...place, z])];
    pen.path([foot, head], { stroke: app.theme.soft, width: 1, dash: [3, 3] });
    pen.circle(head[0], head[1], 5, { fill: "#10182b", stroke: "#ffffff", width: 2 });
  }

  // The point of the grid that is drawn nearest to the mouse, in front of those behind it.
  pick(mouseX, mouseY, width, height) {
    const { field } = this, { project, nx, ny } = this.camera(width, height);
    let best = null, least = 400;
    field.beta.forEach((y, i) => field.alpha.forEach((x, j) => {
      const z = this.lift(field.values[i * field.alpha.length + j]);
      if (!(z <= 1.001)) return;
      const [px, py, depth] = project([nx(x), ny(y), z]);
      const distance = (px - mouseX) ** 2 + (py - mouseY) ** 2 + 30 * depth;
      if (distance < least) [least, best] = [distance, { alpha: x, beta: y }];
    }));
    return best;
  }
}
