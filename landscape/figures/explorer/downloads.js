// Downloads: the view as SVG or PNG, the numbers as CSV.

function save(name, content) {
  const link = element("a", "", { download: name });
  link.href = URL.createObjectURL(content);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function places() {
  const box = document.getElementById("views").getBoundingClientRect();
  const found = views.map((view) => {
    const { left, top, width, height } = view.canvas.getBoundingClientRect();
    return { view, x: left - box.left + 10, y: top - box.top + 10, width: Math.round(width), height: Math.round(height) };
  });
  return { found, width: Math.ceil(box.width) + 20, height: Math.ceil(box.height) + 20 };
}

function drawWhole(pen, view, { width, height }) {
  pen.within(0, 0, width, height, () => {
    view.base(pen, width, height);
    view.over(pen, width, height);
  });
}

function saveSvg() {
  const pen = new SvgPen(), { found, width, height } = places();
  for (const { view, x, y, ...size } of found) {
    pen.shifted(x, y, () => drawWhole(pen, view, size));
  }
  save("landscape.svg", new Blob([pen.whole(width, height, app.theme.paper)], { type: "image/svg+xml" }));
}

function savePng() {
  const canvas = element("canvas"), { found, width, height } = places();
  [canvas.width, canvas.height] = [2 * width, 2 * height];
  const context = canvas.getContext("2d");
  context.fillStyle = app.theme.paper;
  context.fillRect(0, 0, canvas.width, canvas.height);
  for (const { view, x, y, ...size } of found) {
    context.setTransform(2, 0, 0, 2, 2 * x, 2 * y);
    drawWhole(new CanvasPen(context), view, size);
  }
  canvas.toBlob((blob) => save("landscape.png", blob));
}

function saveCsv() { save("landscape.csv", new Blob([csv(app)], { type: "text/csv" })); }
