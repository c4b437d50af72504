// Drawing the events of a class: what the model found, what a person decided, and what is selected.

import type { Area } from '../../shared/canvas';
import { lowerBound } from '../../shared/format';
import { xOf } from '../../shared/view';
import type { ReviewEvent } from '../model/events';
import { Columns, packed } from './columns';
import { longest, type Scene } from './scene';

const MARGIN_PX = 10;
const BAR_PX = 5;
const TOP_PX = 8;
const CROWDED_PX = 5;   // less room than this for each event, and dots would hide each other

export interface MarkStyle { colour: string; threshold: number; scene: Scene }

/** Return the height of a confidence in a row. */
export function yOf(confidence: number, height: number): number {
  return height - 2 - confidence * (height - 2 - TOP_PX);
}

/** Return the events of an ordered list that can be seen between two times. */
export function inView(events: readonly ReviewEvent[], from: number, to: number, margin: number): readonly ReviewEvent[] {
  return events.slice(lowerBound(events, from - margin - longest(events)), lowerBound(events, to + margin));
}

/** Draw the events in view: as dots and rings, or where they are crowded as columns of one pixel. */
export function drawMarks(area: Area, events: readonly ReviewEvent[], style: MarkStyle): void {
  const { view, desk, dragged } = style.scene;
  const margin = (MARGIN_PX / area.width) * (view.to - view.from);
  const shown = inView(events, view.from, view.to, margin);
  const special = dragged?.id ?? desk.selectedId.value;
  if (shown.length > area.width / CROWDED_PX) drawColumns(area, shown, style);
  else for (const event of shown) if (event.id !== special) drawMark(area, event, style);
  const chosen = shown.find((event) => event.id === special);
  if (chosen) drawChosen(area, dragged?.id === chosen.id ? { ...chosen, start: dragged.start, end: dragged.end } : chosen, style);
}

const COLUMN_ALPHA: Record<Look, number> = { below: 0.35, rejected: 0.5, candidate: 0.6, accepted: 1 };

/** Draw crowded events as columns up to their confidence; where several meet, the one that matters most is on top. */
function drawColumns(area: Area, events: readonly ReviewEvent[], { scene, threshold, colour }: MarkStyle): void {
  const columns = new Columns(Math.round(area.width), Math.round(area.height - 1));
  const looks = ['below', 'rejected', 'candidate', 'accepted'] as const;
  for (const look of looks) {
    const pixel = packed(look === 'rejected' ? scene.theme.text : colour, COLUMN_ALPHA[look]);
    for (const event of events) {
      if (lookOf(event, threshold) !== look) continue;
      const y = look === 'rejected' ? area.height - 6 : yOf(event.confidence, area.height);
      columns.fill(Math.round(xOf(event.start, scene.view, area.width)), y, look === 'below' ? y + 2 : area.height, pixel);
    }
  }
  columns.put({ ...area, height: area.height - 1 });
}

type Look = 'accepted' | 'rejected' | 'candidate' | 'below';

function lookOf(event: ReviewEvent, threshold: number): Look {
  if (event.state !== 'unreviewed') return event.state;
  return event.confidence >= threshold ? 'candidate' : 'below';
}

/** Accepted: a full dot on a stem. Candidate: a ring. Below the threshold: a speck. Rejected: a cross. */
function drawMark(area: Area, event: ReviewEvent, style: MarkStyle): void {
  const { context, height, width } = area;
  const { view, theme } = style.scene;
  const look = lookOf(event, style.threshold);
  const x = xOf(event.start, view, width);
  const y = yOf(event.confidence, height);
  context.fillStyle = context.strokeStyle = style.colour;
  if (event.end !== null && look !== 'rejected') drawBar(area, event, style, look === 'below' ? 0.25 : 0.55);
  if (look === 'below') {
    context.globalAlpha = 0.5;
    context.fillRect(x - 1, y - 1, 2.5, 2.5);
    context.globalAlpha = 1;
  } else if (look === 'rejected') {
    context.strokeStyle = theme.text;
    cross(context, x, height - 6, 3.5);
  } else {
    context.globalAlpha = look === 'accepted' ? 1 : 0.6;
    context.fillRect(x - 0.75, y, look === 'accepted' ? 2 : 1.25, height - y);
    context.globalAlpha = 1;
    dot(context, [x, y], 4, look === 'accepted' ? style.colour : theme.surface, style.colour);
  }
}

function drawChosen(area: Area, event: ReviewEvent, style: MarkStyle): void {
  const { context, height, width } = area;
  const { view, theme } = style.scene;
  const x = xOf(event.start, view, width);
  const y = yOf(event.confidence, height);
  context.fillStyle = theme.accent;
  context.fillRect(x - 1, 0, 2, height);
  if (event.end !== null) {
    drawBar(area, event, style, 0.9);
    const right = xOf(event.end, view, width);
    context.fillStyle = theme.accent;
    context.fillRect(right - 1, 0, 2, height);
  }
  dot(context, [x, y], 6, event.state === 'unreviewed' ? theme.surface : style.colour, style.colour);
  context.strokeStyle = theme.accent;
  context.lineWidth = 2;
  context.beginPath();
  context.arc(x, y, 9, 0, 7);
  context.stroke();
  if (event.state === 'rejected') cross(context, x, y, 4);
}

function drawBar({ context, width, height }: Area, event: ReviewEvent, { scene, colour }: MarkStyle, alpha: number): void {
  const [left, right] = [xOf(event.start, scene.view, width), xOf(event.end!, scene.view, width)];
  context.globalAlpha = alpha;
  context.fillStyle = colour;
  context.fillRect(left, height - BAR_PX - 1, Math.max(2, right - left), BAR_PX);
  context.globalAlpha = 1;
}

function dot(context: CanvasRenderingContext2D, [x, y]: [number, number], radius: number, fill: string, stroke: string): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 7);
  context.fillStyle = fill;
  context.fill();
  context.strokeStyle = stroke;
  context.lineWidth = 1.5;
  context.stroke();
}

function cross(context: CanvasRenderingContext2D, x: number, y: number, reach: number): void {
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x - reach, y - reach);
  context.lineTo(x + reach, y + reach);
  context.moveTo(x + reach, y - reach);
  context.lineTo(x - reach, y + reach);
  context.stroke();
}
