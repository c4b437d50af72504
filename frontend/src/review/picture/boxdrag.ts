// Dragging the box of the selected player on the paused picture: by its corners, its edges or as a whole.

import { signal } from '@preact/signals';
import type { PictureFrame } from '../../shared/people';
import { setBox } from '../commands/people';
import type { Box } from '../model/values';
import type { Desk } from '../state/desk';
import type { Person } from '../state/people';

const REACH_PX = 7;
const LEAST = 3;

/** Which sides move: -1 left or top, 1 right or bottom, 0 none; both 0 moves the whole box. */
export interface Grip { x: -1 | 0 | 1; y: -1 | 0 | 1 }

export class BoxDrag {
  /** The box as it is dragged; null if none is. */
  readonly box = signal<Box | null>(null);
  private start: { x: number; y: number; grip: Grip; box: Box } | null = null;

  constructor(private readonly desk: Desk, private readonly frameOf: () => PictureFrame) {}

  get active(): boolean {
    return this.start !== null;
  }

  /** Return what a pointer at a place of the canvas would move, or null. */
  gripAt(x: number, y: number): Grip | null {
    const { desk } = this;
    if (!desk.playback.paused.value || !desk.mayWrite || desk.picking.value) return null;
    const person = desk.people.selectedAt(desk.playback.time.value);
    return person ? gripOf(person, this.frameOf(), x, y) : null;
  }

  begin(x: number, y: number): boolean {
    const grip = this.gripAt(x, y);
    const person = this.desk.people.selectedAt(this.desk.playback.time.value);
    if (!grip || !person) return false;
    this.start = { x, y, grip, box: [person.x, person.y, person.x + person.width, person.y + person.height] };
    return true;
  }

  move(x: number, y: number): void {
    if (!this.start) return;
    const { scale } = this.frameOf();
    this.box.value = dragged(this.start.box, this.start.grip, (x - this.start.x) / scale, (y - this.start.y) / scale);
  }

  /** End the drag; the corrected box becomes a change. Return whether anything moved. */
  end(): boolean {
    const { value } = this.box;
    this.start = null;
    this.box.value = null;
    if (value) setBox(this.desk, value);
    return value !== null;
  }

  applied(person: Person): Person {
    const { value } = this.box;
    if (!value) return person;
    const [x, y, right, bottom] = value;
    return { ...person, x, y, width: right - x, height: bottom - y, observed: true };
  }
}

/** Return a box after its grip was dragged by a distance in pixels of the picture. */
export function dragged([x0, y0, x1, y1]: Box, grip: Grip, dx: number, dy: number): Box {
  if (!grip.x && !grip.y) return [x0 + dx, y0 + dy, x1 + dx, y1 + dy];
  return [
    grip.x < 0 ? Math.min(x0 + dx, x1 - LEAST) : x0, grip.y < 0 ? Math.min(y0 + dy, y1 - LEAST) : y0,
    grip.x > 0 ? Math.max(x1 + dx, x0 + LEAST) : x1, grip.y > 0 ? Math.max(y1 + dy, y0 + LEAST) : y1,
  ];
}

function gripOf(person: Person, frame: PictureFrame, x: number, y: number): Grip | null {
  const [left, top] = [frame.left + person.x * frame.scale, frame.top + person.y * frame.scale];
  const [right, bottom] = [left + person.width * frame.scale, top + person.height * frame.scale];
  if (x < left - REACH_PX || x > right + REACH_PX || y < top - REACH_PX || y > bottom + REACH_PX) return null;
  const side = (at: number, low: number, high: number): -1 | 0 | 1 => {
    const reach = Math.min(REACH_PX, (high - low) / 3);
    return at < low + reach ? -1 : at > high - reach ? 1 : 0;
  };
  return { x: side(x, left, right), y: side(y, top, bottom) };
}

export function drawHandles(context: CanvasRenderingContext2D, person: Person, frame: PictureFrame): void {
  context.fillStyle = '#ffffff';
  context.strokeStyle = '#0c121a';
  context.lineWidth = 1;
  for (const dx of [0, 1]) {
    for (const dy of [0, 1]) {
      const x = frame.left + (person.x + dx * person.width) * frame.scale;
      const y = frame.top + (person.y + dy * person.height) * frame.scale;
      context.fillRect(x - 3, y - 3, 6, 6);
      context.strokeRect(x - 3, y - 3, 6, 6);
    }
  }
}
