// The timeline of the page: lanes with their sliders, the overview, the hover tip, the playhead.

import { drawAxis, gapWords, preparedCanvas, type Area, type Gap } from '../shared/canvas';
import { themeColours, pick, type Theme } from '../shared/colours';
import { curveMax } from '../shared/curves';
import { byId, element } from '../shared/dom';
import { clamp, formatClock, lowerBound } from '../shared/format';
import { counts, drawLane, drawOverview, precisionAndRecall, TRUTH_TOLERANCE_S } from '../shared/lanes';
import { Gestures, Viewport, xOf, type Span } from '../shared/view';
import { whoWords } from './about';
import type { ReportData, ReportEvent, ReportLane } from './data';

export const NEAR_PX = 8;
const SLIDER_STEP = 0.01;

export interface TimelineActions {
  seek(seconds: number): void;
  choose(event: ReportEvent): void;
  threshold(lane: ReportLane, value: number): void;
  reset(lane: ReportLane): void;
  toggle(lane: ReportLane): void;
  viewed(): void;
}

/** A row that draws itself, below the lanes of events. */
export interface ExtraRow {
  plot: HTMLElement;
  canvas: HTMLCanvasElement;
  draw(area: Area, view: Span, theme: Theme): void;
  tip?(time: number, y: number): string[];
  click?(time: number, y: number): void;
}

/** The elements of a lane of events. */
interface LaneRow {
  lane: ReportLane;
  row: HTMLElement;
  toggle: HTMLButtonElement;
  count: HTMLElement;
  slider: HTMLInputElement;
  value: HTMLElement;
  reset: HTMLButtonElement;
  truth: HTMLElement;
  plot: HTMLElement;
  canvas: HTMLCanvasElement;
}

/** Make the head and the plot of a row; the playhead is the plot's last element. `name` says what the plot shows. */
export function makeRow(className: string, name: string): { row: HTMLElement; head: HTMLElement; plot: HTMLElement; canvas: HTMLCanvasElement } {
  const row = element('div', `lane ${className}`);
  const head = element('div', 'lane-head');
  const plot = element('div', 'plot');
  const canvas = element('canvas');
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', name);
  plot.append(canvas, element('div', 'playhead'));
  row.append(head, plot);
  return { row, head, plot, canvas };
}

export class TimelineView {
  readonly view: Viewport;
  readonly axis = byId('axis');
  shown: readonly ReportEvent[] = [];
  chosen: ReportEvent | null = null;
  private readonly overview = byId('overview');
  private readonly tip = byId('tip');
  private readonly gestures: Gestures;
  private readonly byLane: ReportEvent[][];
  private readonly truthByLane: ReportEvent[][] | null;
  private readonly rows: LaneRow[];
  private readonly extras: ExtraRow[] = [];
  private time = 0;
  private pending = 0;
  private stale: Set<ReportLane> | null = null;

  constructor(private readonly data: ReportData, private readonly actions: TimelineActions) {
    this.view = new Viewport(data.duration, () => {
      actions.viewed();
      this.draw();
    });
    this.gestures = new Gestures(this.view);
    const sorted = (events: ReportEvent[]): ReportEvent[][] => (
      data.lanes.map((lane) => events.filter((event) => event.lane === lane.index)));
    this.byLane = sorted(data.events);
    this.truthByLane = data.truth && sorted(data.truth);
    this.rows = data.lanes.map((lane) => this.buildLane(lane));
    this.axis.setAttribute('aria-valuemax', data.duration.toFixed(2));
    this.listen();
  }

  get duration(): number {
    return this.data.duration;
  }

  get gaps(): readonly Gap[] {
    return this.data.gaps;
  }

  private buildLane(lane: ReportLane): LaneRow {
    const made = makeRow('', `${lane.label}: confidence over time and events`);
    const toggle = element('button', 'lane-toggle');
    toggle.type = 'button';
    toggle.append(element('span', 'dot'), element('bdi', 'lane-label', lane.label));
    if (lane.index < 9) toggle.append(element('kbd', '', String(lane.index + 1)));
    toggle.title = `Show or hide ${lane.label}`;
    toggle.addEventListener('click', () => this.actions.toggle(lane));
    const count = element('span', 'lane-count');
    const slider = element('input', 'lane-slider');
    Object.assign(slider, { type: 'range', min: '0', max: '1', step: String(SLIDER_STEP), value: String(lane.threshold) });
    slider.setAttribute('aria-label', `Threshold of ${lane.label}`);
    slider.addEventListener('input', () => this.actions.threshold(lane, Number(slider.value)));
    const value = element('output', 'lane-value');
    const reset = this.makeReset(lane, slider);
    const truth = element('span', 'lane-truth');
    made.head.append(toggle, count, slider, value, reset, truth);
    made.row.dataset.label = lane.label;
    byId('lanes').append(made.row);
    return { ...made, lane, toggle, count, slider, value, reset, truth };
  }

  private makeReset(lane: ReportLane, slider: HTMLInputElement): HTMLButtonElement {
    const button = element('button', 'lane-reset', '↺');
    button.type = 'button';
    button.title = `Changed. Back to ${lane.usual.toFixed(2)}, which the events were found with`;
    button.setAttribute('aria-label', `Reset the threshold of ${lane.label} to ${lane.usual.toFixed(2)}`);
    button.addEventListener('click', () => {
      this.actions.reset(lane);
      slider.focus();
    });
    return button;
  }

  addRow(row: ExtraRow): void {
    this.extras.push(row);
    this.listenPlot(row.plot, { row });
  }

  private listen(): void {
    for (const row of this.rows) this.listenPlot(row.plot, { lane: row });
    this.gestures.listen(this.axis, {
      pans: false,
      scrub: (time) => this.actions.seek(time),
      click: () => undefined,
      hover: (event) => this.showTip(event, this.axis, {}),
      leave: () => this.hideTip(),
    });
    this.overview.addEventListener('pointerdown', (event) => {
      this.overview.setPointerCapture(event.pointerId);
      this.view.centre(this.overviewTime(event));
    });
    this.overview.addEventListener('pointermove', (event) => {
      if (event.buttons) this.view.centre(this.overviewTime(event));
    });
    new ResizeObserver(() => this.draw()).observe(this.axis);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
  }

  private listenPlot(plot: HTMLElement, what: { lane?: LaneRow; row?: ExtraRow }): void {
    this.gestures.listen(plot, {
      pans: true,
      scrub: (time) => this.actions.seek(time),
      click: (time, y, event) => this.onClick(time, y, event, plot, what),
      hover: (event) => this.showTip(event, plot, what),
      leave: () => this.hideTip(),
    });
  }

  private onClick(time: number, y: number, event: PointerEvent, plot: HTMLElement, { lane, row }: { lane?: LaneRow; row?: ExtraRow }): void {
    if (row?.click) {
      row.click(time, y);
      return;
    }
    const near = lane ? this.eventNear(event.clientX, plot, lane.lane) : null;
    if (near) this.actions.choose(near); else this.actions.seek(time);
  }

  private overviewTime(event: PointerEvent): number {
    const box = this.overview.getBoundingClientRect();
    return ((event.clientX - box.left) / box.width) * this.data.duration;
  }

  /** Return the event above its threshold nearest to a point on a lane, within a few pixels. */
  private eventNear(clientX: number, plot: HTMLElement, lane: ReportLane): ReportEvent | null {
    if (!lane.on) return null;
    const reach = (NEAR_PX / plot.clientWidth) * this.view.span;
    const time = this.gestures.timeAt(clientX, plot);
    const events = this.byLane[lane.index];
    let best: ReportEvent | null = null;
    for (let i = lowerBound(events, time - reach); i < events.length && events[i].start <= time + reach; i += 1) {
      const event = events[i];
      if (!counts(event, lane.threshold)) continue;
      if (!best || Math.abs(event.start - time) < Math.abs(best.start - time)) best = event;
    }
    return best;
  }

  /** Scroll the view when the playhead has left it, unless a hand is on it. */
  follow(time: number): void {
    if (!this.gestures.busy) this.view.follow(time);
  }

  private showTip(event: PointerEvent, plot: HTMLElement, what: { lane?: LaneRow; row?: ExtraRow }): void {
    const lines = this.tipLines(event, plot, what);
    this.tip.replaceChildren(...lines.map((line, i) => element('div', i ? '' : 'tip-time', line)));
    this.tip.hidden = false;
    const left = clamp(event.clientX + 14, 4, innerWidth - this.tip.offsetWidth - 4);
    const below = event.clientY + 18 + this.tip.offsetHeight < innerHeight;
    this.tip.style.setProperty('left', `${left}px`);
    this.tip.style.setProperty('top', `${below ? event.clientY + 18 : event.clientY - this.tip.offsetHeight - 10}px`);
  }

  private tipLines(event: PointerEvent, plot: HTMLElement, { lane: laneRow, row }: { lane?: LaneRow; row?: ExtraRow }): string[] {
    const time = this.gestures.timeAt(event.clientX, plot);
    const lines = [formatClock(time)];
    if (laneRow) {
      const { lane } = laneRow;
      const near = this.eventNear(event.clientX, plot, lane);
      if (near) {
        lines[0] = formatClock(near.start);
        lines.push(`${near.label}  ${(100 * near.confidence).toFixed(1)} %`);
        const who = whoWords(near, this.data.names);
        if (who) lines.push(who);
        if (near.details?.reason) lines.push(near.details.reason);
      } else {
        const half = this.view.span / plot.clientWidth / 2;
        const value = curveMax(lane.curve, time - half, time + half);
        lines.push(value === null ? `${lane.label}  no score` : `${lane.label}  ${(100 * value).toFixed(1)} %`);
      }
    } else if (row?.tip) {
      lines.push(...row.tip(time, event.clientY - plot.getBoundingClientRect().top));
    }
    const gap = this.data.gaps.find((g) => time >= g.start && time < g.end);
    return gap ? [...lines, gapWords(gap)] : lines;
  }

  private hideTip(): void {
    this.tip.hidden = true;
  }

  setTime(time: number): void {
    this.time = time;
    this.axis.setAttribute('aria-valuenow', time.toFixed(2));
    this.axis.setAttribute('aria-valuetext', formatClock(time));
    this.placePlayheads();
  }

  private placePlayheads(): void {
    const width = this.axis.clientWidth;
    const place = (plot: HTMLElement, view: Span): void => {
      const head = plot.lastElementChild as HTMLElement;
      const x = xOf(this.time, view, width);
      head.hidden = x < -1 || x > width + 1;
      head.style.setProperty('transform', `translateX(${x}px)`);
    };
    for (const { plot } of [...this.rows, ...this.extras]) place(plot, this.view);
    place(this.axis, this.view);
    place(this.overview, { from: 0, to: this.data.duration });
  }

  /** Update counts, slider values and visibility marks of the lane heads. */
  private updateHeads(theme: Theme): void {
    for (const { lane, row, toggle, count, slider, value, reset, truth } of this.rows) {
      const events = this.byLane[lane.index];
      const found = events.filter((event) => counts(event, lane.threshold));
      row.classList.toggle('off', !lane.on);
      reset.hidden = lane.threshold === lane.usual;
      toggle.setAttribute('aria-pressed', String(lane.on));
      row.style.setProperty('--lane', pick(lane.colours, theme.dark));
      count.textContent = `${found.length} of ${events.length}`;
      count.title = `${found.length} events at or above the threshold, of ${events.length} candidates`;
      if (Number(slider.value) !== lane.threshold && document.activeElement !== slider) slider.value = String(lane.threshold);
      value.textContent = `≥ ${lane.threshold.toFixed(3).replace(/0$/, '')}`;
      if (lane.off) {
        truth.textContent = lane.threshold >= 1 ? 'off by default' : '';
        truth.title = lane.off;
      }
      if (!this.truthByLane) continue;
      const known = this.truthByLane[lane.index];
      truth.textContent = precisionAndRecall(found, known);
      truth.title = `Precision and recall against ${known.length} known events within ${TRUTH_TOLERANCE_S} s`;
    }
  }

  /** Draw on the next animation frame; only `lane` if it is given and nothing else was requested. */
  draw(lane: ReportLane | null = null): void {
    if (!lane) this.stale = null;
    else if (!this.pending) this.stale = new Set([lane]);
    else if (this.stale) this.stale.add(lane);
    if (this.pending) return;
    this.pending = requestAnimationFrame(() => {
      this.pending = 0;
      this.drawNow();
    });
  }

  /** Draw at once: everything, or only the lanes in `stale`. */
  drawNow(): void {
    const theme = themeColours();
    this.updateHeads(theme);
    drawAxis(preparedCanvas(this.axis.firstElementChild as HTMLCanvasElement), this.view, theme);
    const { view, chosen, shown } = this;
    const { gaps, lanes, duration } = this.data;
    const only = this.stale;
    this.stale = null;
    for (const { lane, canvas } of this.rows) {
      if (only && !only.has(lane)) continue;
      const truth = this.truthByLane && this.truthByLane[lane.index];
      drawLane(preparedCanvas(canvas), lane, { view, theme, gaps, events: this.byLane[lane.index], truth, chosen });
    }
    if (!only) for (const row of this.extras) row.draw(preparedCanvas(row.canvas), view, theme);
    drawOverview(preparedCanvas(this.overview.firstElementChild as HTMLCanvasElement), { duration, view, theme, gaps, lanes, shown });
    this.placePlayheads();
  }
}
