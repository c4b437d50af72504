// People over the video: boxes, ids and the ball, drawn on a canvas above it. Nothing is drawn into frames.

import { FONT } from './canvas';
import { inkOn } from './colours';
import { clamp } from './format';
import { BALL, type Sight, type TrackStore } from './tracks';

const HIT_PX = 4;
const SMALL_PX = 48;   // of people shorter than this, only labels that hide nobody else are drawn

/** Where the picture lies: its left and top, and the size of a picture's pixel, all in CSS pixels. */
export interface PictureFrame {
  left: number;
  top: number;
  scale: number;
}

/** Return where a picture of a given size lies in its video element, which shows all of it. */
export function pictureFrame(video: HTMLElement, width: number, height: number): PictureFrame {
  const { clientWidth, clientHeight, offsetLeft, offsetTop } = video;
  const scale = Math.min(clientWidth / width, clientHeight / height);
  return { scale, left: offsetLeft + (clientWidth - scale * width) / 2, top: offsetTop + (clientHeight - scale * height) / 2 };
}

/** Return the person at a point in CSS pixels; of several, the one nearest to the camera. */
export function personAt(sights: readonly Sight[], frame: PictureFrame, x: number, y: number): Sight | null {
  const [px, py] = [(x - frame.left) / frame.scale, (y - frame.top) / frame.scale];
  const reach = HIT_PX / frame.scale;
  const hits = sights.filter((s) => s.track.label !== BALL
    && px > s.x - reach && px < s.x + s.width + reach && py > s.y - reach && py < s.y + s.height + reach);
  return hits.sort((a, b) => b.y + b.height - a.y - a.height)[0] || null;
}

/** How to draw people: `chosen` is the id of the highlighted track, or null. */
export interface PeopleStyle {
  store: TrackStore;
  time: number;
  frame: PictureFrame;
  chosen: number | null;
  ids: boolean;
}

/** Draw boxes, ids and the ball, clipped to the picture. */
export function drawPeople(context: CanvasRenderingContext2D, sights: readonly Sight[], style: PeopleStyle): void {
  const { store, frame, chosen } = style;
  const people = sights.filter((sight) => sight.track.label !== BALL).sort((a, b) => a.y + a.height - b.y - b.height);
  const dim = people.some((sight) => sight.track.id === chosen);
  context.save();
  context.beginPath();
  context.rect(frame.left, frame.top, store.width * frame.scale, store.height * frame.scale);
  context.clip();
  for (const sight of people) drawBox(context, sight, { frame, chosen: sight.track.id === chosen, dim });
  if (style.ids) drawIds(context, people, { ...style, dim });
  for (const sight of sights) if (sight.track.label === BALL) drawBall(context, sight, frame, store.colours.ball);
  context.restore();
}

/** Draw a full box for a detection, corners alone if it was interpolated. */
function drawBox(context: CanvasRenderingContext2D, sight: Sight, { frame, chosen, dim }: { frame: PictureFrame; chosen: boolean; dim: boolean }): void {
  const x = frame.left + sight.x * frame.scale;
  const y = frame.top + sight.y * frame.scale;
  const [width, height] = [sight.width * frame.scale, sight.height * frame.scale];
  context.globalAlpha = dim && !chosen ? 0.55 : 1;
  context.strokeStyle = sight.track.colour;
  context.lineWidth = chosen ? 3 : 1.5;
  if (chosen) {
    context.fillStyle = sight.track.colour;
    context.globalAlpha = 0.25;
    context.fillRect(x, y, width, height);
    context.globalAlpha = 1;
  }
  context.beginPath();
  if (sight.observed) context.rect(x, y, width, height); else addCorners(context, x, y, width, height);
  context.stroke();
  context.globalAlpha = 1;
}

function addCorners(context: CanvasRenderingContext2D, x: number, y: number, width: number, height: number): void {
  const reach = Math.max(2, Math.min(width, height) / 3);
  for (const [cx, dx] of [[x, reach], [x + width, -reach]]) {
    for (const [cy, dy] of [[y, reach], [y + height, -reach]]) {
      context.moveTo(cx + dx, cy);
      context.lineTo(cx, cy);
      context.lineTo(cx, cy + dy);
    }
  }
}

/** A label: its text and place in CSS pixels. */
interface Label {
  sight: Sight;
  text: string;
  size: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

/**
 * Draw name and action above everyone. Where people are small, a label that would hide another person or label is left
 * out, the one nearest to the camera first; the chosen person's label is always drawn.
 */
function drawIds(context: CanvasRenderingContext2D, people: readonly Sight[], style: PeopleStyle & { dim: boolean }): void {
  const { frame, chosen } = style;
  const drawn: Label[] = [];
  for (const sight of [...people].sort((a, b) => Number(b.track.id === chosen) - Number(a.track.id === chosen) || b.y + b.height - a.y - a.height)) {
    const label = labelOf(context, sight, style);
    const isChosen = sight.track.id === chosen;
    const small = sight.height * frame.scale < SMALL_PX;
    if (small && !isChosen && (drawn.some((other) => overlap(label, other)) || people.some((other) => other !== sight && hides(label, other, frame)))) continue;
    drawn.push(label);
  }
  for (const label of drawn.reverse()) drawLabel(context, label, style.dim && label.sight.track.id !== chosen);
}

function labelOf(context: CanvasRenderingContext2D, sight: Sight, style: PeopleStyle): Label {
  const { frame, store } = style;
  const chosen = sight.track.id === style.chosen;
  const size = clamp((frame.scale * store.height) / 36, 9, 15) + (chosen ? 2 : 0);
  context.font = `600 ${size}px ${FONT}`;
  const text = idText(sight, style, chosen);
  const width = context.measureText(text).width + 6;
  const height = size + 3;
  const x = frame.left + (sight.x + sight.width / 2) * frame.scale - width / 2;
  return { sight, text, size, x, y: Math.max(frame.top, frame.top + sight.y * frame.scale - height - 2), width, height };
}

interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

function overlap(a: Rectangle, b: Rectangle): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** Return whether a label lies over a person's box. */
function hides(label: Label, { x, y, width, height }: Sight, { left, top, scale }: PictureFrame): boolean {
  return overlap(label, { x: left + x * scale, y: top + y * scale, width: width * scale, height: height * scale });
}

function drawLabel(context: CanvasRenderingContext2D, { sight, text, size, x, y, width, height }: Label, dim: boolean): void {
  context.font = `600 ${size}px ${FONT}`;
  context.textBaseline = 'middle';
  context.globalAlpha = dim ? 0.6 : 1;
  context.fillStyle = sight.track.colour;
  context.beginPath();
  context.roundRect(x, y, width, height, 3);
  context.fill();
  context.fillStyle = inkOn(sight.track.colour);
  context.fillText(text, x + 3, y + height / 2 + 0.5);
  context.globalAlpha = 1;
}

function idText(sight: Sight, { store, time }: PeopleStyle, chosen: boolean): string {
  const doing = store.doing(sight.track, time);
  const ball = doing.ball.length ? [chosen ? 'on the ball' : '●'] : [];
  return [sight.track.title.slice(0, 24), ...doing.action, ...(chosen ? doing.movement : []), ...ball].join(' ');
}

/** Draw a ring around the ball and a pointer above it, filled if the ball was detected. */
function drawBall(context: CanvasRenderingContext2D, sight: Sight, frame: PictureFrame, colour: string): void {
  const x = frame.left + (sight.x + sight.width / 2) * frame.scale;
  const y = frame.top + (sight.y + sight.height / 2) * frame.scale;
  const radius = Math.max(5, 0.75 * Math.max(sight.width, sight.height) * frame.scale);
  const tip = y - radius - 3;
  for (const [stroke, width] of [['#0c121a', 4], [colour, 1.75]] as const) {
    context.strokeStyle = stroke;
    context.lineWidth = width;
    context.beginPath();
    context.arc(x, y, radius, 0, 7);
    context.stroke();
    context.beginPath();
    context.moveTo(x, tip);
    context.lineTo(x - 6, tip - 9);
    context.lineTo(x + 6, tip - 9);
    context.closePath();
    context.stroke();
  }
  context.fillStyle = colour;
  if (sight.observed) context.fill();
}
