// Boxes that lie over something else and can be moved: by dragging, or with the arrow keys while they have the focus.

import { clamp } from './format';

/** Where a box lies in what it can move in: shares 0 to 1 of the room beside it, from the left and from the top. */
export interface Spot {
  x: number;
  y: number;
}

const KEY_STEP = 0.05;
const DRAG_PX = 4;
const ARROWS: Record<string, Spot> = {
  ArrowLeft: { x: -1, y: 0 }, ArrowRight: { x: 1, y: 0 }, ArrowUp: { x: 0, y: -1 }, ArrowDown: { x: 0, y: 1 },
};

/** Return whether a kept value is a spot. */
export function isSpot(value: unknown): value is Spot {
  const spot = value as Spot | null;
  return typeof spot === 'object' && spot !== null && [spot.x, spot.y].every((share) => share >= 0 && share <= 1);
}

export class Movable {
  /** Whether the last press of a pointer moved the box, so that it was no click. */
  dragged = false;
  private drag: { x: number; y: number; spot: Spot } | null = null;

  /** `box` must be placed absolutely in `room`; `moved(spot)` is called after every move by a person. */
  constructor(
    private readonly box: HTMLElement,
    private readonly room: HTMLElement,
    public spot: Spot,
    private readonly moved: (spot: Spot) => void,
  ) {
    box.addEventListener('pointerdown', (event) => this.onDown(event));
    box.addEventListener('pointermove', (event) => this.onMove(event));
    for (const name of ['pointerup', 'pointercancel'] as const) box.addEventListener(name, () => { this.drag = null; });
    box.addEventListener('keydown', (event) => this.onKey(event));
  }

  /** Put the box where it belongs; call this after box or room changed in size. */
  place(): void {
    const free = this.free();
    this.box.style.setProperty('left', `${Math.round(this.spot.x * free.x)}px`);
    this.box.style.setProperty('top', `${Math.round(this.spot.y * free.y)}px`);
  }

  private free(): Spot {
    const { box, room } = this;
    return { x: Math.max(0, room.clientWidth - box.offsetWidth), y: Math.max(0, room.clientHeight - box.offsetHeight) };
  }

  private move(spot: Spot): void {
    this.spot = { x: clamp(spot.x, 0, 1), y: clamp(spot.y, 0, 1) };
    this.place();
    this.moved(this.spot);
  }

  private onDown(event: PointerEvent): void {
    if (event.button !== 0 || (event.target as Element).closest('button')) return;
    this.box.setPointerCapture(event.pointerId);
    this.drag = { x: event.clientX, y: event.clientY, spot: this.spot };
    this.dragged = false;
  }

  private onMove(event: PointerEvent): void {
    if (!this.drag) return;
    if (Math.hypot(event.clientX - this.drag.x, event.clientY - this.drag.y) > DRAG_PX) this.dragged = true;
    if (!this.dragged) return;
    const free = this.free();
    const share = (pixels: number, room: number): number => (room > 0 ? pixels / room : 0);
    this.move({
      x: this.drag.spot.x + share(event.clientX - this.drag.x, free.x),
      y: this.drag.spot.y + share(event.clientY - this.drag.y, free.y),
    });
  }

  private onKey(event: KeyboardEvent): void {
    const way = ARROWS[event.key];
    if (!way) return;
    event.preventDefault();
    this.move({ x: this.spot.x + KEY_STEP * way.x, y: this.spot.y + KEY_STEP * way.y });
  }
}
