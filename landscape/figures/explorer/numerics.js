// Numbers: decoding, the interpolant of the grid, contours.

function decode(text, Type) {
  const letters = atob(text), bytes = new Uint8Array(letters.length);
  for (let k = 0; k < letters.length; k++) bytes[k] = letters.charCodeAt(k);
  return new Type(bytes.buffer);
}

function cellOf(nodes, x) {
  let low = 0, high = nodes.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (nodes[middle] <= x) low = middle; else high = middle;
  }
  return low;
}

function nearest(nodes, x) {
  const cell = cellOf(nodes, x);
  return x - nodes[cell] <= nodes[cell + 1] - x ? cell : cell + 1;
}

function linear(nodes, x) {
  const cell = cellOf(nodes, x), share = (x - nodes[cell]) / (nodes[cell + 1] - nodes[cell]);
  return { start: cell, weights: [1 - share, share] };
}

// Blended parabolas (Overhauser 1968), the interpolant of all figures and statistics: weights of the
// values nearby, of the chord, and of the curvature at both ends of a cell (see interpolate.py).
function smooth(nodes, x) {
  const cell = cellOf(nodes, x), few = Math.min(4, nodes.length), span = nodes[cell + 1] - nodes[cell];
  const share = (x - nodes[cell]) / span, start = Math.min(Math.max(cell - 1, 0), nodes.length - few);
  const none = () => new Array(few).fill(0), chord = none(), ends = [none(), none()];
  [chord[cell - start], chord[cell - start + 1]] = [1 - share, share];
  if (few < 3) return { start, weights: chord, chord, ends, bulge: 0 };
  const weights = none();
  for (const [from, blend] of [[cell - 1, 1 - share], [cell, share]]) {
    const first = Math.min(Math.max(from, 0), nodes.length - 3);
    parabola(nodes, first).forEach(({ at, b, c, bent }) => {
      weights[at - start] += (blend * (x - b) * (x - c) * bent) / 2;
    });
  }
  const two = [start, start + few - 3], middle = nodes[start + 2] - nodes[start + 1];
  ends.forEach((end, k) => {
    const toward = few === 3 ? 0 : (nodes[cell + k] - nodes[start + 1]) / middle;
    for (const [first, part] of [[two[0], 1 - toward], [two[1], toward]]) {
      for (const { at, bent } of parabola(nodes, first)) end[at - start] += part * bent;
    }
  });
  return { start, weights, chord, ends, bulge: (share * (1 - share) * span ** 2) / 2 };
}

// Of three nodes from one on: which, the other two, and the weight for the second derivative.
function parabola(nodes, first) {
  return [[0, 1, 2], [1, 0, 2], [2, 0, 1]].map(([j, k, m]) => {
    const [a, b, c] = [nodes[first + j], nodes[first + k], nodes[first + m]];
    return { at: first + j, b, c, bent: 2 / ((a - b) * (a - c)) };
  });
}

// A value along one axis, `values` lying `stride` apart from `from` on; NaN where one that counts is
// not finite. Beyond both ends of its cell it goes only as far as both are curved like this, so that
// beside a cliff there are no minima that were not measured.
function limited({ start, weights, chord, ends, bulge }, values, from, stride) {
  let [value, middle, one, other, low, high] = [0, 0, 0, 0, Infinity, -Infinity];
  for (let k = 0; k < weights.length; k++) {
    let near = values[from + (start + k) * stride];
    if (!Number.isFinite(near)) {
      if (weights[k] !== 0) return NaN;
      near = 0;
    }
    value += weights[k] * near;
    middle += chord[k] * near;
    one += ends[0][k] * near;
    other += ends[1][k] * near;
    if (chord[k] !== 0) [low, high] = [Math.min(low, near), Math.max(high, near)];
  }
  const room = one * other > 0 ? bulge * Math.min(Math.abs(one), Math.abs(other)) : 0;
  return Math.min(Math.max(value, Math.min(low, middle - room)), Math.max(high, middle + room));
}

// The weighted sum of values; NaN where one that counts is not finite.
function weigh(values, columns, row, column) {
  let total = 0;
  for (let i = 0; i < row.weights.length; i++) {
    if (row.weights[i] === 0) continue;
    const offset = (row.start + i) * columns + column.start;
    for (let j = 0; j < column.weights.length; j++) {
      if (column.weights[j] === 0) continue;
      total += row.weights[i] * column.weights[j] * values[offset + j];
    }
  }
  return Number.isFinite(total) ? total : NaN;
}

// Values on a grid: along each row, then each column; beside gaps the corners of a cell serve.
function sampleGrid(field, xs, ys) {
  const { alpha, beta, values, low, high } = field, columns = alpha.length, wide = xs.length;
  const make = (weights, nodes, places) => Array.from(places, (x) => weights(nodes, x));
  const [sx, sy] = [make(smooth, alpha, xs), make(smooth, beta, ys)];
  const rows = new Float64Array(beta.length * wide).fill(NaN), result = new Float64Array(wide * ys.length);
  const touched = new Set(sy.flatMap(({ start, weights }) => weights.map((_, k) => start + k)));
  for (const i of touched) {
    for (let j = 0; j < wide; j++) rows[i * wide + j] = limited(sx[j], values, i * columns, 1);
  }
  for (let i = 0; i < ys.length; i++) {
    for (let j = 0; j < wide; j++) {
      let value = limited(sy[i], rows, j, wide);
      if (Number.isNaN(value)) value = weigh(values, columns, linear(beta, ys[i]), linear(alpha, xs[j]));
      result[i * wide + j] = Math.min(Math.max(value, low), high);
    }
  }
  return result;
}

function inside(field, x, y) {
  const { alpha, beta } = field, slack = 1e-9 * (alpha[alpha.length - 1] - alpha[0]);
  return x >= alpha[0] - slack && x <= alpha[alpha.length - 1] + slack
    && y >= beta[0] - slack && y <= beta[beta.length - 1] + slack;
}

function sampleAt(field, x, y) {
  return inside(field, x, y) ? sampleGrid(field, [x], [y])[0] : NaN;
}

function linearAt(field, values, x, y) {
  if (!inside(field, x, y)) return NaN;
  return weigh(values, field.alpha.length, linear(field.beta, y), linear(field.alpha, x));
}

// Equal parts of each cell, so that the points of the grid are among the new ones.
function divide(nodes, factor) {
  const finer = [];
  for (let i = 0; i + 1 < nodes.length; i++) {
    for (let k = 0; k < factor; k++) {
      finer.push(nodes[i] + ((nodes[i + 1] - nodes[i]) * k) / factor);
    }
  }
  return Float64Array.from([...finer, nodes[nodes.length - 1]]);
}

function refine(field) {
  const factor = (nodes) => Math.min(6, Math.max(2, Math.round(200 / (nodes.length - 1))));
  const alpha = divide(field.alpha, factor(field.alpha));
  const beta = divide(field.beta, factor(field.beta));
  return { alpha, beta, values: sampleGrid(field, alpha, beta) };
}

// Marching squares: flat list x0, y0, x1, y1 of segments where the values cross a level.
function contour(grid, level) {
  const { alpha, beta, values } = grid, columns = alpha.length, segments = [];
  for (let i = 0; i + 1 < beta.length; i++) {
    for (let j = 0; j + 1 < columns; j++) {
      const at = i * columns + j, across = at + columns;
      const [a, b, c, d] = [values[at], values[at + 1], values[across + 1], values[across]];
      const above = (a >= level) + (b >= level) + (c >= level) + (d >= level);
      if (above === 0 || above === 4 || Number.isNaN(a + b + c + d)) continue;
      const corners = [
        [alpha[j], beta[i], a], [alpha[j + 1], beta[i], b],
        [alpha[j + 1], beta[i + 1], c], [alpha[j], beta[i + 1], d],
      ];
      const crossings = [];
      for (let k = 0; k < 4; k++) {
        const [from, to] = [corners[k], corners[(k + 1) % 4]];
        if ((from[2] >= level) === (to[2] >= level)) continue;
        const share = (level - from[2]) / (to[2] - from[2]);
        crossings.push(from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1]));
      }
      if (crossings.length === 8) {
        // A saddle: its middle decides which corners belong together.
        const middle = corners.reduce((sum, corner) => sum + corner[2], 0) / 4;
        if ((middle >= level) === (corners[0][2] >= level)) {
          segments.push(...crossings);
        } else {
          segments.push(...crossings.slice(6), ...crossings.slice(0, 2), ...crossings.slice(2, 6));
        }
      } else {
        segments.push(...crossings);
      }
    }
  }
  return segments;
}

// The part of a convex polygon of [x, y, z] where sign * z <= sign * limit.
function clipAt(polygon, limit, sign) {
  const kept = [];
  for (let k = 0; k < polygon.length; k++) {
    const [a, b] = [polygon[k], polygon[(k + 1) % polygon.length]];
    const [inA, inB] = [sign * a[2] <= sign * limit, sign * b[2] <= sign * limit];
    if (inA) kept.push(a);
    if (inA !== inB) {
      const share = (limit - a[2]) / (b[2] - a[2]);
      kept.push([a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]), limit]);
    }
  }
  return kept;
}

function niceTicks(low, high, count) {
  const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= raw * 0.999) * power;
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) {
    ticks.push(k * step);
  }
  return ticks;
}

function logTicks(low, high) {
  const found = [];
  const span = Math.log10(high / low);
  const factors = span > 3 ? [1] : span > 0.7 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9];
  for (let decade = Math.floor(Math.log10(low)); decade <= Math.log10(high); decade++) {
    for (const factor of factors) {
      const tick = factor * 10 ** decade;
      if (tick >= low && tick <= high) found.push(tick);
    }
  }
  return found.length > 1 ? found : niceTicks(low, high, 3).filter((tick) => tick > 0);
}

function write(value, digits = 4) {
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const text = size && (size < 1e-4 || size >= 1e6)
    ? value.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("e+", "e")
    : String(Number(value.toPrecision(digits)));
  return text.replace(/-/g, "−");
}

// A coordinate, which is zero where it is nothing but rounding.
function writePlace(x) {
  return write(Number(x.toFixed(12)), 3);
}

// The beginning and end of a text that has no room, at the mean width of letters.
function shortened(text, room, size = 12) {
  const most = Math.max(3, Math.floor(room / (0.6 * size)));
  if (text.length <= most) return text;
  return `${text.slice(0, Math.ceil((most - 1) / 2))}…${text.slice(text.length - Math.floor((most - 1) / 2))}`;
}
