// Two pens with the same strokes: one for the screen and PNG, one for SVG.

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

class CanvasPen {
  constructor(context) { this.context = context; }

  finish({ fill, stroke, width = 1, alpha = 1, dash = [] }) {
    const { context } = this;
    context.globalAlpha = alpha;
    if (fill) { context.fillStyle = fill; context.fill(); }
    if (stroke) {
      Object.assign(context, { strokeStyle: stroke, lineWidth: width, lineJoin: "round", lineCap: "round" });
      context.setLineDash(dash);
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  path(points, style) {
    this.context.beginPath();
    points.forEach(([x, y], k) => (k ? this.context.lineTo(x, y) : this.context.moveTo(x, y)));
    if (style.closed) this.context.closePath();
    this.finish(style);
  }

  segments(flat, style) {
    this.context.beginPath();
    for (let k = 0; k < flat.length; k += 4) {
      this.context.moveTo(flat[k], flat[k + 1]);
      this.context.lineTo(flat[k + 2], flat[k + 3]);
    }
    this.finish(style);
  }

  circle(x, y, radius, style) {
    this.context.beginPath();
    this.context.arc(x, y, radius, 0, 2 * Math.PI);
    this.finish(style);
  }

  text(x, y, text, { size = 12, color, align = "start", bold = false, turned = false }) {
    const { context } = this;
    context.save();
    context.translate(x, y);
    if (turned) context.rotate(-Math.PI / 2);
    Object.assign(context, {
      font: `${bold ? "600 " : ""}${size}px ${FONT}`, fillStyle: color,
      textAlign: { start: "left", middle: "center", end: "right" }[align], textBaseline: "alphabetic",
    });
    context.fillText(text, 0, 0);
    context.restore();
  }

  image(canvas, x, y, width, height) { this.context.drawImage(canvas, x, y, width, height); }

  within(x, y, width, height, draw) {
    this.context.save();
    this.context.beginPath();
    this.context.rect(x, y, width, height);
    this.context.clip();
    draw();
    this.context.restore();
  }
}

class SvgPen {
  constructor() { this.parts = []; this.clips = 0; }

  add(shape, { fill, stroke, width = 1, alpha = 1, dash = [] }) {
    const line = stroke ? ` stroke="${stroke}" stroke-width="${width}" stroke-linejoin="round" stroke-linecap="round"` : "";
    const dashes = dash.length ? ` stroke-dasharray="${dash.join(" ")}"` : "";
    const faint = alpha < 1 ? ` opacity="${alpha}"` : "";
    this.parts.push(`<${shape} fill="${fill || "none"}"${line}${dashes}${faint}/>`);
  }

  path(points, style) {
    const steps = points.map(([x, y], k) => `${k ? "L" : "M"}${x.toFixed(2)} ${y.toFixed(2)}`);
    this.add(`path d="${steps.join("")}${style.closed ? "Z" : ""}"`, style);
  }

  segments(flat, style) {
    const steps = [];
    for (let k = 0; k < flat.length; k += 4) {
      const [a, b, c, d] = [0, 1, 2, 3].map((i) => flat[k + i].toFixed(2));
      steps.push(`M${a} ${b}L${c} ${d}`);
    }
    this.add(`path d="${steps.join("")}"`, style);
  }

  circle(x, y, radius, style) {
    this.add(`circle cx="${x.toFixed(2)}" cy="${y.toFixed(2)}" r="${radius}"`, style);
  }

  text(x, y, text, { size = 12, color, align = "start", bold = false, turned = false }) {
    const safe = text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
    const place = `transform="translate(${x.toFixed(2)} ${y.toFixed(2)})${turned ? " rotate(-90)" : ""}"`;
    const weight = bold ? ' font-weight="600"' : "";
    this.parts.push(`<text ${place} font-size="${size}"${weight} fill="${color}" text-anchor="${align}">${safe}</text>`);
  }

  image(canvas, x, y, width, height) {
    const place = `x="${x}" y="${y}" width="${width}" height="${height}"`;
    this.parts.push(`<image ${place} href="${canvas.toDataURL()}"/>`);
  }

  within(x, y, width, height, draw) {
    const name = `clip${this.clips++}`;
    this.parts.push(`<clipPath id="${name}"><rect x="${x}" y="${y}" width="${width}" height="${height}"/></clipPath><g clip-path="url(#${name})">`);
    draw();
    this.parts.push("</g>");
  }

  shifted(x, y, draw) {
    this.parts.push(`<g transform="translate(${x} ${y})">`);
    draw();
    this.parts.push("</g>");
  }

  whole(width, height, paper) {
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT}"><rect width="100%" height="100%" fill="${paper}"/>${this.parts.join("")}</svg>`;
  }
}
