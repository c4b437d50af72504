// Drawing of the lanes of events: curve, threshold, candidates, events, known events; and the overview of a whole video.

import { type Area, type Gap, curvePoints, drawCurve, drawGaps, drawGrid, traceDiamond } from './canvas';
import { type ColourPair, type Theme, pick } from './colours';
import type { Curve } from './curves';
import { lowerBound } from './format';
import { type Span, xOf } from './view';

/** What the lanes need to know of an event; times in seconds. */
export interface LaneEvent {
  start: number;
  end: number | null;
  confidence: number;
  /** Whether a person accepted it, so that it counts whatever its confidence is. */
  accepted: boolean;
}

/** Return whether an event counts with a threshold. */
export function counts(event: LaneEvent, threshold: number): boolean {
  return event.accepted || event.confidence >= threshold;
}

export interface Lane {
  label: string;
  index: number;
  threshold: number;
  /** Whether its events are shown. */
  on: boolean;
  colours: ColourPair;
  curve: Curve | null;
}

/** What to draw in a lane; `events` and `truth` are those of the lane, in order. */
export interface LanePicture<E extends LaneEvent> {
  view: Span;
  theme: Theme;
  gaps: readonly Gap[];
  events: readonly E[];
  truth: readonly LaneEvent[] | null;
  chosen: E | null;
}

const TOP_PX = 12;

/** Draw one lane: gaps, curve, threshold, candidates, events, and known events if there are any. */
export function drawLane<E extends LaneEvent>(area: Area, lane: Lane, picture: LanePicture<E>): void {
  const { context, width, height } = area;
  const { view, theme } = picture;
  const colour = pick(lane.colours, theme.dark);
  const yOf = (value: number): number => height - 1 - value * (height - 1 - TOP_PX);
  context.globalAlpha = lane.on ? 1 : 0.3;
  drawGrid(area, view, theme);
  drawGaps(area, picture.gaps, view, theme);
  if (!lane.on) return;
  if (lane.curve) drawCurve(context, curvePoints(lane.curve, view, width), yOf, height, colour);
  drawThreshold(area, yOf(lane.threshold), colour);
  drawEvents(area, lane, picture, { yOf, colour });
  if (picture.truth) drawTruth(area, picture.truth, view, theme);
}

/** Draw a threshold as a dashed line. */
export function drawThreshold({ context, width }: Area, y: number, colour: string): void {
  context.setLineDash([4, 4]);
  context.strokeStyle = colour;
  context.lineWidth = 1.25;
  context.globalAlpha = 0.7;
  context.beginPath();
  context.moveTo(0, Math.round(y) + 0.5);
  context.lineTo(width, Math.round(y) + 0.5);
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
}

/** Draw the events of a lane in view: spans as bars, candidates unless crowded, events, the chosen one last. */
function drawEvents<E extends LaneEvent>(area: Area, lane: Lane, picture: LanePicture<E>, how: { yOf: (value: number) => number; colour: string }): void {
  const { context, width, height } = area;
  const { view, events, chosen } = picture;
  const { colour } = how;
  drawSpans(area, events.filter((event) => counts(event, lane.threshold)), view, colour);
  const margin = (10 / width) * (view.to - view.from);
  const inView = events.slice(lowerBound(events, view.from - margin), lowerBound(events, view.to + margin));
  const strong = inView.filter((event) => counts(event, lane.threshold));
  const place = (event: E): [number, number] => [xOf(event.start, view, width), how.yOf(event.confidence)];
  if (inView.length - strong.length < width / 4) {
    drawCandidates(context, inView.filter((event) => !counts(event, lane.threshold)).map(place), colour);
  }
  const style = { colour, surface: picture.theme.surface, crowded: strong.length > width / 9 };
  for (const event of strong) if (event !== chosen) drawEvent(context, place(event), height, { ...style, chosen: false });
  if (chosen && strong.includes(chosen)) drawEvent(context, place(chosen), height, { ...style, chosen: true });
}

/** Draw spans as bars along the lower edge. */
export function drawSpans({ context, width, height }: Area, events: readonly LaneEvent[], view: Span, colour: string): void {
  context.fillStyle = colour;
  context.globalAlpha = 0.4;
  for (const event of events) {
    if (event.end === null) continue;
    const x = xOf(event.start, view, width);
    context.fillRect(x, height - 5, Math.max(2, xOf(event.end, view, width) - x), 5);
  }
  context.globalAlpha = 1;
}

/** Draw candidates below the threshold as faint dots. */
function drawCandidates(context: CanvasRenderingContext2D, points: ReadonlyArray<readonly [number, number]>, colour: string): void {
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
export function drawEvent(
  context: CanvasRenderingContext2D,
  [x, y]: readonly [number, number],
  height: number,
  { colour, surface, chosen, crowded }: { colour: string; surface: string; chosen: boolean; crowded: boolean },
): void {
  context.fillStyle = colour;
  context.fillRect(x - 0.75, y, 1.5, height - y);
  context.beginPath();
  context.arc(x, y, chosen ? 6 : crowded ? 2 : 4, 0, 7);
  context.fill();
  if (crowded && !chosen) return;
  context.lineWidth = 1.5;
  context.strokeStyle = surface;
  context.stroke();
  if (!chosen) return;
  context.beginPath();
  context.arc(x, y, 8, 0, 7);
  context.strokeStyle = colour;
  context.stroke();
}

/** Draw known events as hollow diamonds at the top edge. */
export function drawTruth({ context, width }: Area, truth: readonly LaneEvent[], view: Span, theme: Theme): void {
  context.strokeStyle = theme.text;
  context.lineWidth = 1.25;
  for (const event of truth) {
    const x = xOf(event.start, view, width);
    if (x < -5 || x > width + 5) continue;
    traceDiamond(context, x, 5, 4);
    context.stroke();
  }
}

/** What to draw in the overview; every event has the number of its lane. */
export interface Overview {
  duration: number;
  view: Span;
  theme: Theme;
  gaps: readonly Gap[];
  lanes: readonly Lane[];
  shown: ReadonlyArray<LaneEvent & { lane: number }>;
}

/** Draw the whole video in one strip, with a frame around the part in view. */
export function drawOverview(area: Area, { duration, view, theme, gaps, lanes, shown }: Overview): void {
  const { context, width, height } = area;
  const whole = { from: 0, to: duration };
  drawGaps(area, gaps, whole, theme);
  const row = (height - 6) / Math.max(1, lanes.length);
  for (const event of shown) {
    const lane = lanes[event.lane];
    context.fillStyle = pick(lane.colours, theme.dark);
    context.fillRect(xOf(event.start, whole, width) - 0.75, 3 + lane.index * row, 1.5, Math.max(2, row - 1));
  }
  drawViewFrame(area, view, whole, theme);
}

/** Draw a frame around the part in view in a strip of the whole video. */
export function drawViewFrame({ context, width, height }: Area, view: Span, whole: Span, theme: Theme): void {
  const left = xOf(view.from, whole, width);
  const right = xOf(view.to, whole, width);
  context.fillStyle = theme.accent;
  context.globalAlpha = 0.12;
  context.fillRect(left, 0, right - left, height);
  context.globalAlpha = 1;
  context.strokeStyle = theme.accent;
  context.lineWidth = 1.5;
  context.strokeRect(left + 0.75, 0.75, Math.max(3, right - left - 1.5), height - 1.5);
}

export const TRUTH_TOLERANCE_S = 1;

/** Match found with known events of one lane, each at most once, nearest first; return the number of matches. */
export function matchCount(found: readonly LaneEvent[], known: readonly LaneEvent[], tolerance = TRUTH_TOLERANCE_S): number {
  const pairs: Array<[number, number, number]> = [];
  found.forEach((event, i) => {
    for (let k = lowerBound(known, event.start - tolerance); k < known.length; k += 1) {
      if (known[k].start > event.start + tolerance) break;
      pairs.push([Math.abs(known[k].start - event.start), i, k]);
    }
  });
  pairs.sort((a, b) => a[0] - b[0]);
  const usedFound = new Set<number>();
  const usedKnown = new Set<number>();
  for (const [, i, k] of pairs) {
    if (usedFound.has(i) || usedKnown.has(k)) continue;
    usedFound.add(i);
    usedKnown.add(k);
  }
  return usedFound.size;
}

/** Return precision and recall in words, as "P 50 % · R 67 %". */
export function precisionAndRecall(found: readonly LaneEvent[], known: readonly LaneEvent[]): string {
  const hits = matchCount(found, known);
  const share = (part: number, whole: number): string => (whole ? `${Math.round((100 * part) / whole)} %` : '–');
  return `P ${share(hits, found.length)} · R ${share(hits, known.length)}`;
}
