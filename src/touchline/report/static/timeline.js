// The timeline: lanes with their sliders, zoom and pan, the hover tip, the playhead.

const MIN_SPAN_S = 0.2;
const NEAR_PX = 8;
const DRAG_PX = 4;

class TimelineView {
  /** `actions`: seek(seconds), choose(event), threshold(lane, value), toggle(lane), scrub(seconds). */
  constructor(data, actions) {
    this.data = data;
    this.actions = actions;
    this.view = { from: 0, to: data.duration };
    this.time = 0;
    this.shown = [];
    this.chosen = null;
    this.byLane = data.lanes.map((lane) => data.events.filter((event) => event.lane === lane.index));
    this.truthByLane = data.truth && data.lanes.map((lane) => data.truth.filter((event) => event.lane === lane.index));
    this.tip = document.getElementById('tip');
    this.axis = document.getElementById('axis');
    this.overview = document.getElementById('overview');
    this.rows = data.lanes.map((lane) => this.buildLane(lane));
    this.extras = [];
    this.pointers = new Map();
    this.listen();
  }

  buildLane(lane) {
    const row = element('div', 'lane');
    const head = element('div', 'lane-head');
    const toggle = element('button', 'lane-toggle');
    toggle.type = 'button';
    toggle.append(element('span', 'dot'), element('bdi', 'lane-label', lane.label));
    if (lane.index < 9) toggle.append(element('kbd', '', String(lane.index + 1)));
    toggle.title = `Show or hide ${lane.label}`;
    toggle.addEventListener('click', () => this.actions.toggle(lane));
    const count = element('span', 'lane-count');
    const slider = element('input', 'lane-slider');
    Object.assign(slider, { type: 'range', min: 0, max: 1, step: 0.005, value: lane.threshold });
    slider.setAttribute('aria-label', `Threshold of ${lane.label}`);
    slider.addEventListener('input', () => this.actions.threshold(lane, Number(slider.value)));
    const value = element('output', 'lane-value');
    const truth = element('span', 'lane-truth');
    head.append(toggle, count, slider, value, truth);
    const plot = element('div', 'plot');
    const canvas = element('canvas');
    plot.append(canvas, element('div', 'playhead'));
    row.append(head, plot);
    row.dataset.label = lane.label;
    document.getElementById('lanes').append(row);
    return { lane, row, toggle, count, slider, value, truth, plot, canvas };
  }

  /** Add a row that draws itself: { plot, canvas, draw(canvas, view, colours), tip(time, y), click(time, y) }. */
  addRow(row) {
    this.extras.push(row);
    this.listenPlot(row.plot, row);
  }

  listen() {
    for (const row of this.rows) this.listenPlot(row.plot, row);
    this.listenPlot(this.axis, null);
    this.overview.addEventListener('pointerdown', (event) => {
      this.overview.setPointerCapture(event.pointerId);
      this.centre(this.overviewTime(event));
    });
    this.overview.addEventListener('pointermove', (event) => {
      if (event.buttons) this.centre(this.overviewTime(event));
    });
    new ResizeObserver(() => this.draw()).observe(this.axis);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
  }

  /** Wheel, drag, pinch, click and hover on one plot; `row` is null on the axis, where dragging scrubs. */
  listenPlot(plot, row) {
    plot.addEventListener('wheel', (event) => this.onWheel(event, plot), { passive: false });
    plot.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      plot.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, { x: event.clientX, start: event.clientX, moved: false });
      if (!row) this.actions.seek(this.timeAt(event.clientX, plot));
    });
    plot.addEventListener('pointermove', (event) => this.onMove(event, plot, row));
    plot.addEventListener('pointerup', (event) => {
      const pointer = this.pointers.get(event.pointerId);
      this.pointers.delete(event.pointerId);
      if (pointer && !pointer.moved && row) this.onClick(event, plot, row);
    });
    plot.addEventListener('pointercancel', (event) => this.pointers.delete(event.pointerId));
    plot.addEventListener('pointerleave', () => this.hideTip());
  }

  onWheel(event, plot) {
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      this.pan((sideways / plot.clientWidth) * this.span);
      return;
    }
    const whole = this.span >= this.data.duration - 1e-9;
    if (event.deltaY > 0 && whole) return;  // nothing to zoom out of: let the page scroll
    event.preventDefault();
    this.zoom(Math.exp(clamp(event.deltaY, -200, 200) * 0.003), this.timeAt(event.clientX, plot));
  }

  onMove(event, plot, row) {
    const pointer = this.pointers.get(event.pointerId);
    if (!pointer) {
      if (event.pointerType === 'mouse') this.showTip(event, plot, row);
      return;
    }
    const before = [...this.pointers.values()].map((p) => p.x);
    const step = event.clientX - pointer.x;
    pointer.x = event.clientX;
    if (Math.abs(pointer.x - pointer.start) > DRAG_PX) pointer.moved = true;
    if (this.pointers.size === 2) {
      const after = [...this.pointers.values()].map((p) => p.x);
      const ratio = Math.max(10, Math.abs(before[0] - before[1])) / Math.max(10, Math.abs(after[0] - after[1]));
      this.zoom(ratio, this.timeAt((after[0] + after[1]) / 2, plot));
    } else if (!row) {
      this.actions.seek(this.timeAt(event.clientX, plot));
    } else if (pointer.moved) {
      this.hideTip();
      this.pan((-step / plot.clientWidth) * this.span);
    }
  }

  onClick(event, plot, row) {
    if (row.click) {
      row.click(this.timeAt(event.clientX, plot), event.clientY - plot.getBoundingClientRect().top);
      return;
    }
    const near = this.eventNear(event.clientX, plot, row);
    if (near) this.actions.choose(near); else this.actions.seek(this.timeAt(event.clientX, plot));
  }

  get span() {
    return this.view.to - this.view.from;
  }

  timeAt(clientX, plot) {
    const box = plot.getBoundingClientRect();
    return clamp(this.view.from + ((clientX - box.left) / box.width) * this.span, 0, this.data.duration);
  }

  overviewTime(event) {
    const box = this.overview.getBoundingClientRect();
    return ((event.clientX - box.left) / box.width) * this.data.duration;
  }

  /** Return the event above its threshold nearest to a point on a lane, within a few pixels. */
  eventNear(clientX, plot, row) {
    if (!row || !row.lane || !row.lane.on) return null;
    const reach = (NEAR_PX / plot.clientWidth) * this.span;
    const time = this.timeAt(clientX, plot);
    const events = this.byLane[row.lane.index];
    let best = null;
    for (let i = lowerBound(events, time - reach); i < events.length && events[i].start <= time + reach; i += 1) {
      const event = events[i];
      if (event.confidence < row.lane.threshold) continue;
      if (!best || Math.abs(event.start - time) < Math.abs(best.start - time)) best = event;
    }
    return best;
  }

  setView(from, to) {
    const span = clamp(to - from, Math.min(MIN_SPAN_S, this.data.duration), this.data.duration);
    const start = clamp(from, 0, this.data.duration - span);
    this.view = { from: start, to: start + span };
    this.actions.viewed();
    this.draw();
  }

  zoom(factor, anchor) {
    const span = clamp(this.span * factor, Math.min(MIN_SPAN_S, this.data.duration), this.data.duration);
    const share = (anchor - this.view.from) / this.span;
    this.setView(anchor - share * span, anchor + (1 - share) * span);
  }

  pan(seconds) {
    this.setView(this.view.from + seconds, this.view.to + seconds);
  }

  centre(time) {
    this.setView(time - this.span / 2, time + this.span / 2);
  }

  /** Scroll the view when the playhead has left it. */
  follow(time) {
    if (this.pointers.size || (time >= this.view.from && time <= this.view.to)) return;
    const back = time < this.view.from ? 0.9 : 0.1;
    this.setView(time - back * this.span, time + (1 - back) * this.span);
  }

  showTip(event, plot, row) {
    const time = this.timeAt(event.clientX, plot);
    const lines = [formatClock(time)];
    const near = this.eventNear(event.clientX, plot, row);
    if (near) {
      lines[0] = formatClock(near.start);
      lines.push(`${near.label}  ${(100 * near.confidence).toFixed(1)} %`);
      if (near.team) lines.push(near.team);
    } else if (row && row.tip) {
      lines.push(...row.tip(time, event.clientY - plot.getBoundingClientRect().top));
    } else if (row) {
      const half = this.span / plot.clientWidth / 2;
      const value = curveMax(row.lane, this.data.curve, time - half, time + half);
      lines.push(value === null ? `${row.lane.label}  no score` : `${row.lane.label}  ${(100 * value).toFixed(1)} %`);
    }
    const gap = this.data.gaps.find((g) => time >= g.start && time < g.end);
    if (gap) lines.push(`Lost: ${gap.reason}`);
    this.tip.replaceChildren(...lines.map((line, i) => element('div', i ? '' : 'tip-time', line)));
    this.tip.hidden = false;
    const left = clamp(event.clientX + 14, 4, innerWidth - this.tip.offsetWidth - 4);
    const below = event.clientY + 18 + this.tip.offsetHeight < innerHeight;
    this.tip.style.setProperty('left', `${left}px`);
    this.tip.style.setProperty('top', `${below ? event.clientY + 18 : event.clientY - this.tip.offsetHeight - 10}px`);
  }

  hideTip() {
    this.tip.hidden = true;
  }

  setTime(time) {
    this.time = time;
    this.placePlayheads();
  }

  placePlayheads() {
    const width = this.axis.clientWidth;
    const place = (plot, view) => {
      const head = plot.lastElementChild;
      const x = xOf(this.time, view, width);
      head.hidden = x < -1 || x > width + 1;
      head.style.setProperty('transform', `translateX(${x}px)`);
    };
    for (const { plot } of [...this.rows, ...this.extras]) place(plot, this.view);
    place(this.axis, this.view);
    place(this.overview, { from: 0, to: this.data.duration });
  }

  /** Update counts, slider values and visibility marks of the lane heads. */
  updateHeads(colours) {
    for (const { lane, row, toggle, count, slider, value, truth } of this.rows) {
      const events = this.byLane[lane.index];
      const found = events.filter((event) => event.confidence >= lane.threshold);
      row.classList.toggle('off', !lane.on);
      toggle.setAttribute('aria-pressed', String(lane.on));
      row.style.setProperty('--lane', lane.colours[colours.dark ? 1 : 0]);
      count.textContent = `${found.length} of ${events.length}`;
      count.title = `${found.length} events at or above the threshold, of ${events.length} candidates`;
      if (Number(slider.value) !== lane.threshold && document.activeElement !== slider) slider.value = lane.threshold;
      value.textContent = `≥ ${lane.threshold.toFixed(3).replace(/0$/, '')}`;
      if (this.truthByLane) this.describeTruth(truth, found, this.truthByLane[lane.index]);
    }
  }

  describeTruth(place, found, known) {
    const hits = matchCount(found, known);
    const share = (part, whole) => (whole ? `${Math.round((100 * part) / whole)} %` : '–');
    place.textContent = `P ${share(hits, found.length)} · R ${share(hits, known.length)}`;
    place.title = `Precision and recall against ${known.length} known events within ${TRUTH_TOLERANCE_S} s`;
  }

  /** Draw on the next animation frame; only `lane` if it is given and nothing else was requested. */
  draw(lane = null) {
    if (!lane) this.stale = null;
    else if (!this.pending) this.stale = new Set([lane]);
    else if (this.stale) this.stale.add(lane);
    if (this.pending) return;
    this.pending = requestAnimationFrame(() => {
      this.pending = 0;
      this.drawNow();
    });
  }

  /** Draw at once: everything, or only the lanes in `this.stale`. */
  drawNow() {
    const colours = themeColours();
    this.updateHeads(colours);
    drawAxis(this.axis.firstElementChild, this.view, colours);
    const { data, view, chosen, shown } = this;
    const only = this.stale;
    this.stale = null;
    for (const { lane, canvas } of this.rows) {
      if (only && !only.has(lane)) continue;
      const truth = this.truthByLane && this.truthByLane[lane.index];
      drawLane(canvas, lane, { data, view, colours, events: this.byLane[lane.index], truth, chosen });
    }
    if (!only) for (const row of this.extras) row.draw(row.canvas, view, colours);
    drawOverview(this.overview.firstElementChild, { data, view, colours, shown });
    this.placePlayheads();
  }
}
