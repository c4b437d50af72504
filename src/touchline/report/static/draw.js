// Drawing of the timeline's canvases. `view` is {from, to} in seconds.

function themeColours() {
  const style = getComputedStyle(document.documentElement);
  const get = (name) => style.getPropertyValue(name).trim();
  return {
    text: get('--text-soft'), line: get('--line'), grid: get('--grid'), hatch: get('--hatch'), surface: get('--plot'),
    accent: get('--accent'), dark: get('--dark').trim() === '1',
  };
}

/** Resize a canvas to its box in device pixels and clear it; return its context in CSS pixels. */
function preparedCanvas(canvas) {
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const ratio = window.devicePixelRatio || 1;
  const pixels = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width !== pixels[0] || canvas.height !== pixels[1]) [canvas.width, canvas.height] = pixels;
  const context = canvas.getContext('2d');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

function xOf(time, view, width) {
  return ((time - view.from) / (view.to - view.from)) * width;
}

const TICK_STEPS = [0.04, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

/** Return the times of the ticks in a view, at least `room` pixels apart, and the decimals they need. */
function ticksOf(view, width, room) {
  const span = view.to - view.from;
  const step = TICK_STEPS.find((s) => (s / span) * width >= room) || 3600;
  const decimals = step >= 1 ? 0 : step >= 0.1 ? 1 : 2;
  const times = [];
  for (let i = Math.ceil(view.from / step - 1e-9); i * step <= view.to + 1e-9; i += 1) times.push(i * step);
  return { times, decimals };
}

function drawAxis(canvas, view, colours) {
  const { context, width, height } = preparedCanvas(canvas);
  const { times, decimals } = ticksOf(view, width, 78);
  context.font = '11px ui-sans-serif, system-ui, sans-serif';
  context.textBaseline = 'middle';
  for (const time of times) {
    const x = Math.round(xOf(time, view, width)) + 0.5;
    const label = formatClock(time + 1e-6, decimals);
    const half = context.measureText(label).width / 2;
    context.fillStyle = colours.line;
    context.fillRect(x - 0.5, height - 5, 1, 5);
    context.fillStyle = colours.text;
    context.fillText(label, clamp(x - half, 0, width - 2 * half), height / 2 - 2);
  }
}

/** Hatch the spans that were lost. */
function drawGaps(context, gaps, view, width, height, colours) {
  context.save();
  context.strokeStyle = colours.hatch;
  context.lineWidth = 2;
  context.beginPath();
  for (const gap of gaps) {
    const left = xOf(gap.start, view, width);
    const right = Math.max(xOf(gap.end, view, width), left + 3);
    if (right < 0 || left > width) continue;
    context.rect(left, 0, right - left, height);
  }
  context.clip();
  context.globalAlpha = 0.25;
  context.fillStyle = colours.hatch;
  context.fillRect(0, 0, width, height);
  context.globalAlpha = 1;
  context.beginPath();
  for (let x = -height; x < width; x += 7) {
    context.moveTo(x, height);
    context.lineTo(x + height, 0);
  }
  context.stroke();
  context.restore();
}

/** Return the points of a curve: each pixel's maximum when zoomed out, the samples themselves when zoomed in. */
function curvePoints(lane, curve, view, width) {
  const perPixel = (view.to - view.from) / width;
  const points = [];
  if (curve.step > perPixel) {
    const first = Math.max(0, Math.floor((view.from - curve.start) / curve.step));
    const last = Math.min(lane.curve.length - 1, Math.ceil((view.to - curve.start) / curve.step));
    for (let i = first; i <= last; i += 1) {
      const level = lane.curve[i];
      points.push([xOf(curve.start + i * curve.step, view, width), level === NO_SCORE ? null : level / LEVELS]);
    }
    return points;
  }
  for (let x = 0; x <= width; x += 1) {
    const time = view.from + x * perPixel;
    points.push([x, curveMax(lane, curve, time, time + perPixel)]);
  }
  return points;
}

function drawCurve(context, points, yOf, height, colour) {
  let run = [];
  const flush = () => {
    if (run.length) {
      context.beginPath();
      context.moveTo(run[0][0], height);
      for (const [x, value] of run) context.lineTo(x, yOf(value));
      context.lineTo(run.at(-1)[0], height);
      context.fillStyle = colour;
      context.globalAlpha = 0.22;
      context.fill();
      context.beginPath();
      run.forEach(([x, value], i) => (i ? context.lineTo(x, yOf(value)) : context.moveTo(x, yOf(value))));
      context.globalAlpha = 0.75;
      context.strokeStyle = colour;
      context.lineWidth = 1.25;
      context.stroke();
    }
    run = [];
  };
  for (const point of points) {
    if (point[1] === null) flush(); else run.push(point);
  }
  flush();
  context.globalAlpha = 1;
}

/** Draw candidates below the threshold as faint dots. */
function drawCandidates(context, points, colour) {
  context.globalAlpha = 0.45;
  context.fillStyle = colour;
  context.beginPath();
  for (const [x, y] of points) {
    context.moveTo(x + 2, y);
    context.arc(x, y, 2, 0, 7);
  }
  context.fill();
  context.globalAlpha = 1;
}

/** Draw an event as a stem and a dot, which is smaller if events are crowded. */
function drawEvent(context, x, y, height, { colour, surface, chosen, crowded }) {
  context.fillStyle = colour;
  context.fillRect(x - 0.75, y, 1.5, height - y);
  context.beginPath();
  context.arc(x, y, chosen ? 6 : crowded ? 2 : 4, 0, 7);
  context.fill();
  if (crowded && !chosen) return;
  context.lineWidth = 1.5;
  context.strokeStyle = surface;
  context.stroke();
  if (chosen) {
    context.beginPath();
    context.arc(x, y, 8, 0, 7);
    context.strokeStyle = colour;
    context.stroke();
  }
}

/** Draw known events as hollow diamonds at the top edge. */
function drawTruth(context, truth, view, width, colours) {
  context.strokeStyle = colours.text;
  context.lineWidth = 1.25;
  for (const event of truth) {
    const x = xOf(event.start, view, width);
    if (x < -5 || x > width + 5) continue;
    context.beginPath();
    context.moveTo(x, 1);
    context.lineTo(x + 4, 5);
    context.lineTo(x, 9);
    context.lineTo(x - 4, 5);
    context.closePath();
    context.stroke();
  }
}

/** Draw the events of a lane in view: spans as bars, candidates unless crowded, events, the chosen one last. */
function drawEvents(context, lane, events, { view, width, height, yOf, colour, surface, chosen }) {
  context.fillStyle = colour;
  context.globalAlpha = 0.4;
  for (const event of events) {
    if (event.end === null || event.confidence < lane.threshold) continue;
    const x = xOf(event.start, view, width);
    context.fillRect(x, height - 5, Math.max(2, xOf(event.end, view, width) - x), 5);
  }
  context.globalAlpha = 1;
  const margin = (10 / width) * (view.to - view.from);
  const inView = events.slice(lowerBound(events, view.from - margin), lowerBound(events, view.to + margin));
  const strong = inView.filter((event) => event.confidence >= lane.threshold);
  const place = (event) => [xOf(event.start, view, width), yOf(event.confidence)];
  if (inView.length - strong.length < width / 4) {
    drawCandidates(context, inView.filter((event) => event.confidence < lane.threshold).map(place), colour);
  }
  const crowded = strong.length > width / 9;
  for (const event of strong) if (event !== chosen) drawEvent(context, ...place(event), height, { colour, surface, crowded });
  if (strong.includes(chosen)) drawEvent(context, ...place(chosen), height, { colour, surface, chosen: true });
}

/** Draw one lane: gaps, curve, threshold, candidates, events, and known events if there are any. */
function drawLane(canvas, lane, { data, view, colours, events, truth, chosen }) {
  const { context, width, height } = preparedCanvas(canvas);
  const colour = lane.colours[colours.dark ? 1 : 0];
  const top = 12;
  const yOf = (value) => height - 1 - value * (height - 1 - top);
  context.globalAlpha = lane.on ? 1 : 0.3;
  context.fillStyle = colours.grid;
  for (const time of ticksOf(view, width, 78).times) context.fillRect(Math.round(xOf(time, view, width)), 0, 1, height);
  drawGaps(context, data.gaps, view, width, height, colours);
  if (!lane.on) return;
  if (lane.curve) drawCurve(context, curvePoints(lane, data.curve, view, width), yOf, height, colour);
  context.setLineDash([4, 4]);
  context.strokeStyle = colour;
  context.globalAlpha = 0.7;
  context.beginPath();
  context.moveTo(0, Math.round(yOf(lane.threshold)) + 0.5);
  context.lineTo(width, Math.round(yOf(lane.threshold)) + 0.5);
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
  drawEvents(context, lane, events, { view, width, height, yOf, colour, surface: colours.surface, chosen });
  if (truth) drawTruth(context, truth, view, width, colours);
}

/** Draw the whole video in one strip, with a frame around the part in view. */
function drawOverview(canvas, { data, view, colours, shown }) {
  const { context, width, height } = preparedCanvas(canvas);
  const whole = { from: 0, to: data.duration };
  drawGaps(context, data.gaps, whole, width, height, colours);
  const row = (height - 6) / Math.max(1, data.lanes.length);
  for (const event of shown) {
    const lane = data.lanes[event.lane];
    context.fillStyle = lane.colours[colours.dark ? 1 : 0];
    context.fillRect(xOf(event.start, whole, width) - 0.75, 3 + lane.index * row, 1.5, Math.max(2, row - 1));
  }
  const left = xOf(view.from, whole, width);
  const right = xOf(view.to, whole, width);
  context.fillStyle = colours.accent;
  context.globalAlpha = 0.12;
  context.fillRect(left, 0, right - left, height);
  context.globalAlpha = 1;
  context.strokeStyle = colours.accent;
  context.lineWidth = 1.5;
  context.strokeRect(left + 0.75, 0.75, Math.max(3, right - left - 1.5), height - 1.5);
}
