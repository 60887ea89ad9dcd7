// Mouse, touch and keys on the views, and the start of the page.

function addView(view, label, className) {
  view.canvas = element("canvas", "", { class: className, "aria-label": label, role: "img" });
  document.getElementById("views").append(view.canvas);
  views.push(view);
  return view;
}

function mouseIn(view, event) {
  const box = view.canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top, box.width, box.height];
}

function within(x, y) {
  const { x0, x1, y0, y1 } = app.extent;
  return [Math.min(Math.max(x, x0), x1), Math.min(Math.max(y, y0), y1)];
}

function linkMap(view) {
  const { canvas } = view;
  let from = null;
  const placeOf = (event) => {
    const [x, y, width, height] = mouseIn(view, event), frame = view.frame(width, height);
    return within(frame.ux(x), frame.uy(y));
  };
  canvas.onpointerdown = (event) => {
    from = { at: [event.clientX, event.clientY], place: placeOf(event), line: app.state.line };
    canvas.setPointerCapture(event.pointerId);
    update({ cursor: from.place });
  };
  canvas.onpointermove = (event) => {
    const cursor = placeOf(event);
    // A few pixels are a click, not a line.
    const drags = from && Math.hypot(event.clientX - from.at[0], event.clientY - from.at[1]) > 6;
    update(drags ? { cursor, line: [...from.place, ...cursor] } : { cursor });
  };
  canvas.onpointerup = () => { from = null; };
  canvas.onpointercancel = () => { // The finger scrolls the page.
    if (from) update({ line: from.line });
    from = null;
  };
  canvas.onkeydown = (event) => {
    const { field } = view, at = app.cursorIn(field), steps = event.shiftKey ? 5 : 1;
    const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    const { line } = app.state, place = at && [at.alpha, at.beta], letter = event.key.toLowerCase();
    if (step && at) {
      const move = (nodes, x, by) => nodes[Math.min(Math.max(nearest(nodes, x) + by * steps, 0), nodes.length - 1)];
      update({ cursor: [move(field.alpha, at.alpha, step[0]), move(field.beta, at.beta, step[1])] });
    } else if (letter === "s" && at) update({ line: [...place, line[2], line[3]] });
    else if (letter === "e" && at) update({ line: [line[0], line[1], ...place] });
    else return;
    event.preventDefault();
  };
}

let rest = 0;

function move() {
  app.moving = true;
  clearTimeout(rest);
  rest = setTimeout(() => { app.moving = false; update(); }, 200);
}

function linkRelief(view) {
  const { canvas } = view;
  let from = null, touches = new Map();
  const turned = (dx, dy) => {
    const { turn, tilt } = app.state;
    move();
    update({ turn: (turn + dx + 720) % 360, tilt: Math.min(90, Math.max(5, tilt + dy)) });
  };
  const zoomed = (factor) => {
    move();
    update({ zoom: Math.min(4, Math.max(0.5, app.state.zoom * factor)) });
  };
  const spread = () => {
    const [a, b] = [...touches.values()];
    return Math.hypot(a[0] - b[0], a[1] - b[1]);
  };
  canvas.onpointerdown = (event) => {
    touches.set(event.pointerId, [event.clientX, event.clientY]);
    from = [event.clientX, event.clientY];
    canvas.setPointerCapture(event.pointerId);
  };
  canvas.onpointermove = (event) => {
    if (touches.size === 2 && touches.has(event.pointerId)) {
      const before = spread();
      touches.set(event.pointerId, [event.clientX, event.clientY]);
      zoomed(spread() / Math.max(before, 1));
    } else if (from) {
      turned(0.4 * (event.clientX - from[0]), 0.4 * (event.clientY - from[1]));
      from = [event.clientX, event.clientY];
    } else {
      const found = view.pick(...mouseIn(view, event));
      if (found) update({ cursor: [found.alpha, found.beta] });
    }
  };
  canvas.onpointerup = canvas.onpointercancel = (event) => { touches.delete(event.pointerId); from = null; };
  canvas.addEventListener("wheel", (event) => {
    if (document.activeElement !== canvas) return; // The page scrolls until the surface is chosen.
    event.preventDefault();
    zoomed(Math.exp(-0.001 * event.deltaY));
  }, { passive: false });
  canvas.onkeydown = (event) => {
    const turn = { ArrowRight: [5, 0], ArrowLeft: [-5, 0], ArrowUp: [0, 5], ArrowDown: [0, -5] }[event.key];
    if (turn) turned(...turn);
    else if (event.key === "+" || event.key === "=") zoomed(1.15);
    else if (event.key === "-") zoomed(1 / 1.15);
    else return;
    event.preventDefault();
  };
}

function linkProfile(view) {
  view.canvas.onpointermove = (event) => {
    const [x] = mouseIn(view, event), { last } = view, [x0, y0, x1, y1] = app.state.line;
    const share = Math.min(1, Math.max(0, (x - last.x) / last.w));
    update({ cursor: [x0 + share * (x1 - x0), y0 + share * (y1 - y0)] });
  };
}

// Playback of optimizers; who asked for less motion has the slider.

function linkPlayback() {
  if (!app.surfaces.some((_, index) => app.paths(index).length)) return;
  const slider = element("input", "", { type: "range", id: "played", min: 0, max: 1, step: 0.001, "aria-label": "How far the paths are shown" });
  const button = element("button", "Play", { type: "button", id: "play" }), said = element("span", "", { id: "heads" });
  let running = false, before = 0;
  const frame = (now) => {
    if (!running) return;
    const played = Math.min(1, app.state.played + (now - before) / 5000);
    before = now;
    update({ played });
    if (played < 1) requestAnimationFrame(frame); else stop();
  };
  const stop = () => { running = false; button.textContent = "Play"; };
  slider.oninput = () => { stop(); update({ played: Number(slider.value) }); };
  button.onclick = () => {
    if (running) { stop(); return; }
    [running, before, button.textContent] = [true, performance.now(), "Stop"];
    if (app.state.played === 1) app.state.played = 0;
    requestAnimationFrame(frame);
  };
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  document.getElementById("playback").append("optimizer", ...(calm ? [] : [button]), slider, said);
}

function build() {
  const titles = app.surfaces.map(({ title }) => title).filter(Boolean), several = app.surfaces.length > 1;
  document.querySelector("h1").textContent = (titles.length < 4 ? titles.join(" · ") : `${titles.length} loss landscapes`) || "Loss landscape";
  const box = document.getElementById("views"), count = app.surfaces.length;
  const columns = several ? Math.ceil(count / Math.ceil(count / 4)) : 2;
  document.body.classList.toggle("many", count > 2);
  box.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
  addView(new BarView(app), "Scale of the colours", "bar");
  app.surfaces.forEach(({ title }, index) => linkMap(addView(new MapView(app, index), `Contours ${title}`, "map")));
  app.surfaces.forEach(({ title }, index) => linkRelief(addView(new ReliefView(app, index), `Surface ${title}`, "relief")));
  views.find(({ kind }) => kind === "relief").canvas.style.gridColumnStart = several ? 1 : "auto";
  linkProfile(addView(new ProfileView(app), "Cross-section; the table below has its numbers", "profile"));
  for (const { canvas } of views.filter(({ kind }) => kind === "map" || kind === "relief")) {
    canvas.tabIndex = 0;
    canvas.setAttribute("aria-describedby", "help");
  }
  linkPlayback();
  document.getElementById("numbers").ontoggle = () => showNumbers(app);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readTheme(); draw.shown = ""; update(); });
  new ResizeObserver(() => update()).observe(box);
  new ResizeObserver(fitFrame).observe(document.body);
  addEventListener("hashchange", () => { draw.shown = ""; update(readFragment()); });
  update();
}

// In a page that holds this one as text, it is as high as what is in it.
function fitFrame() {
  if (location.href !== "about:srcdoc" || !window.frameElement) return;
  window.frameElement.style.height = `${document.documentElement.offsetHeight}px`;
}

build();
