// Preparing canvases and drawing what every timeline has: ticks, gaps, curves.

import type { Theme } from './colours';
import { clamp, formatClock } from './format';
import { LEVELS, NO_SCORE, curveMax, type Curve } from './curves';
import { xOf, type Span } from './view';

export const FONT = 'ui-sans-serif, system-ui, sans-serif';

/** A place to draw on, in CSS pixels, with its origin at the top left. */
export interface Area {
  context: CanvasRenderingContext2D;
  width: number;
  height: number;
}

/** A span that was lost or, if so marked, whose pictures are doubtful. */
export interface Gap {
  start: number;
  end: number;
  reason: string;
  doubtful?: boolean;
}

/** Return what is wrong with a span, in words. */
export function gapWords(gap: Gap): string {
  return `${gap.doubtful ? 'Doubtful' : 'Lost'}: ${gap.reason}`;
}

/** Resize a canvas to its box in device pixels and clear it. */
export function preparedCanvas(canvas: HTMLCanvasElement): Area {
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const ratio = window.devicePixelRatio || 1;
  const pixels = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width !== pixels[0] || canvas.height !== pixels[1]) [canvas.width, canvas.height] = pixels;
  const context = canvas.getContext('2d')!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

/** Draw into a part of a canvas, clipped to it: `draw` gets an area whose origin is at the part's top left. */
export function within(area: Area, box: { x: number; y: number; width: number; height: number }, draw: (part: Area) => void): void {
  const { context } = area;
  context.save();
  context.translate(box.x, box.y);
  context.beginPath();
  context.rect(0, 0, box.width, box.height);
  context.clip();
  draw({ context, width: box.width, height: box.height });
  context.restore();
}

const TICK_STEPS = [0.04, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
const TICK_ROOM_PX = 78;

/** Return the times of the ticks in a view, and the decimals that their labels need. */
export function ticksOf(view: Span, width: number): { times: number[]; decimals: number } {
  const span = view.to - view.from;
  const step = TICK_STEPS.find((s) => (s / span) * width >= TICK_ROOM_PX) ?? 3600;
  const decimals = step >= 1 ? 0 : step >= 0.1 ? 1 : 2;
  const times = [];
  for (let i = Math.ceil(view.from / step - 1e-9); i * step <= view.to + 1e-9; i += 1) times.push(i * step);
  return { times, decimals };
}

export function drawAxis({ context, width, height }: Area, view: Span, theme: Theme): void {
  const { times, decimals } = ticksOf(view, width);
  context.font = `11px ${FONT}`;
  context.textBaseline = 'middle';
  for (const time of times) {
    const x = Math.round(xOf(time, view, width)) + 0.5;
    const label = formatClock(time + 1e-6, decimals);
    const half = context.measureText(label).width / 2;
    context.fillStyle = theme.line;
    context.fillRect(x - 0.5, height - 5, 1, 5);
    context.fillStyle = theme.text;
    context.fillText(label, clamp(x - half, 0, width - 2 * half), height / 2 - 2);
  }
}

/** Draw a vertical line at every tick. */
export function drawGrid({ context, width, height }: Area, view: Span, theme: Theme): void {
  context.fillStyle = theme.grid;
  for (const time of ticksOf(view, width).times) context.fillRect(Math.round(xOf(time, view, width)), 0, 1, height);
}

/** Hatch the spans that were lost, and, the other way and lighter, those that are doubtful. */
export function drawGaps(area: Area, gaps: readonly Gap[], view: Span, theme: Theme): void {
  hatch(area, gaps.filter((gap) => !gap.doubtful), view, { colour: theme.hatch, lean: 1, fill: 0.25 });
  hatch(area, gaps.filter((gap) => gap.doubtful), view, { colour: theme.hatch, lean: -1, fill: 0.1 });
}

function hatch({ context, width, height }: Area, gaps: readonly Gap[], view: Span, how: { colour: string; lean: 1 | -1; fill: number }): void {
  if (!gaps.length) return;
  context.save();
  context.strokeStyle = how.colour;
  context.lineWidth = how.lean > 0 ? 2 : 1;
  context.beginPath();
  for (const gap of gaps) {
    const left = xOf(gap.start, view, width);
    const right = Math.max(xOf(gap.end, view, width), left + 3);
    if (right < 0 || left > width) continue;
    context.rect(left, 0, right - left, height);
  }
  context.clip();
  context.globalAlpha = how.fill;
  context.fillStyle = how.colour;
  context.fillRect(0, 0, width, height);
  context.globalAlpha = 1;
  context.beginPath();
  for (let x = -height; x < width; x += 7) {
    context.moveTo(x, how.lean > 0 ? height : 0);
    context.lineTo(x + height, how.lean > 0 ? 0 : height);
  }
  context.stroke();
  context.restore();
}

/** A point of a curve: x in pixels and the value 0 to 1, null where there is none. */
export type CurvePoint = readonly [number, number | null];

/** Return the points of a curve: each pixel's maximum when zoomed out, the samples themselves when zoomed in. */
export function curvePoints(curve: Curve, view: Span, width: number): CurvePoint[] {
  const perPixel = (view.to - view.from) / width;
  const points: CurvePoint[] = [];
  if (curve.step > perPixel) {
    const first = Math.max(0, Math.floor((view.from - curve.start) / curve.step));
    const last = Math.min(curve.levels.length - 1, Math.ceil((view.to - curve.start) / curve.step));
    for (let i = first; i <= last; i += 1) {
      const level = curve.levels[i];
      points.push([xOf(curve.start + i * curve.step, view, width), level === NO_SCORE ? null : level / LEVELS]);
    }
    return points;
  }
  for (let x = 0; x <= width; x += 1) {
    const time = view.from + x * perPixel;
    points.push([x, curveMax(curve, time, time + perPixel)]);
  }
  return points;
}

/** Draw a curve as a filled area with a line; `yOf` turns a value 0 to 1 into a height. */
export function drawCurve(context: CanvasRenderingContext2D, points: readonly CurvePoint[], yOf: (value: number) => number, height: number, colour: string): void {
  let run: Array<[number, number]> = [];
  const flush = (): void => {
    if (run.length) drawRun(context, run.map(([x, value]) => [x, yOf(value)]), height, colour);
    run = [];
  };
  for (const [x, value] of points) {
    if (value === null) flush(); else run.push([x, value]);
  }
  flush();
  context.globalAlpha = 1;
}

function drawRun(context: CanvasRenderingContext2D, run: ReadonlyArray<readonly [number, number]>, height: number, colour: string): void {
  context.beginPath();
  context.moveTo(run[0][0], height);
  for (const [x, y] of run) context.lineTo(x, y);
  context.lineTo(run[run.length - 1][0], height);
  context.fillStyle = colour;
  context.globalAlpha = 0.22;
  context.fill();
  context.beginPath();
  run.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.globalAlpha = 0.75;
  context.strokeStyle = colour;
  context.lineWidth = 1.25;
  context.stroke();
}

/** Trace a diamond around a point, for filling or stroking. */
export function traceDiamond(context: CanvasRenderingContext2D, x: number, y: number, reach: number): void {
  context.beginPath();
  context.moveTo(x, y - reach);
  context.lineTo(x + reach, y);
  context.lineTo(x, y + reach);
  context.lineTo(x - reach, y);
  context.closePath();
}
