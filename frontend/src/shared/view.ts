// The part of a video that a timeline shows, and the gestures that move it: wheel, drag, pinch.

import { clamp } from './format';

const MIN_SPAN_S = 0.2;
const DRAG_PX = 4;
const MOST_WHEEL = 200;
const WHEEL_RATE = 0.003;

/** A span of time in seconds. */
export interface Span {
  from: number;
  to: number;
}

/** Return the horizontal place of a time in pixels. */
export function xOf(time: number, view: Span, width: number): number {
  return ((time - view.from) / (view.to - view.from)) * width;
}

/** The part in view; every change is reported once. */
export class Viewport implements Span {
  from = 0;
  to: number;

  constructor(readonly duration: number, private readonly changed: () => void) {
    this.to = duration;
  }

  get span(): number {
    return this.to - this.from;
  }

  get whole(): boolean {
    return this.span >= this.duration - 1e-9;
  }

  set(from: number, to: number): void {
    const span = this.allowed(to - from);
    this.from = clamp(from, 0, this.duration - span);
    this.to = this.from + span;
    this.changed();
  }

  fit(): void {
    this.set(0, this.duration);
  }

  /** Zoom by a factor (below 1: closer) around a time that stays where it is. */
  zoom(factor: number, anchor: number): void {
    const share = (anchor - this.from) / this.span;
    const span = this.allowed(this.span * factor);
    this.set(anchor - share * span, anchor + (1 - share) * span);
  }

  /** Zoom around the playhead if it is in view, else around the middle. */
  zoomAt(factor: number, time: number): void {
    this.zoom(factor, this.holds(time) ? time : (this.from + this.to) / 2);
  }

  pan(seconds: number): void {
    this.set(this.from + seconds, this.to + seconds);
  }

  centre(time: number): void {
    this.set(time - this.span / 2, time + this.span / 2);
  }

  holds(time: number): boolean {
    return time >= this.from && time <= this.to;
  }

  /** Scroll when a time has left the view, so that most of what comes is seen. */
  follow(time: number): void {
    if (this.holds(time)) return;
    const back = time < this.from ? 0.9 : 0.1;
    this.set(time - back * this.span, time + (1 - back) * this.span);
  }

  /** Return the time at a place in a plot of a given width, both in pixels. */
  timeAt(x: number, width: number): number {
    return clamp(this.from + (x / width) * this.span, 0, this.duration);
  }

  private allowed(span: number): number {
    return clamp(span, Math.min(MIN_SPAN_S, this.duration), this.duration);
  }
}

export interface GestureActions {
  /** Whether dragging moves the view and a click is reported; if not, dragging scrubs. */
  pans: boolean;
  /** Called with the time under the pointer while it scrubs. */
  scrub(time: number): void;
  /** A click or tap that did not drag, with the time and the height in the plot. */
  click(time: number, y: number, event: PointerEvent): void;
  /** The mouse moved over the plot without a button. */
  hover(event: PointerEvent): void;
  leave(): void;
}

/** Wheel, drag, pinch, click and hover on any number of plots that share one view. */
export class Gestures {
  private readonly pointers = new Map<number, { x: number; start: number; moved: boolean }>();

  constructor(private readonly view: Viewport) {}

  /** Whether a pointer is down, so that the view should not be scrolled by anything else. */
  get busy(): boolean {
    return this.pointers.size > 0;
  }

  listen(plot: HTMLElement, actions: GestureActions): void {
    plot.addEventListener('wheel', (event) => this.onWheel(event, plot), { passive: false });
    plot.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      plot.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, { x: event.clientX, start: event.clientX, moved: false });
      if (!actions.pans) actions.scrub(this.timeAt(event.clientX, plot));
    });
    plot.addEventListener('pointermove', (event) => this.onMove(event, plot, actions));
    plot.addEventListener('pointerup', (event) => {
      const pointer = this.pointers.get(event.pointerId);
      this.pointers.delete(event.pointerId);
      if (!pointer || pointer.moved || !actions.pans) return;
      actions.click(this.timeAt(event.clientX, plot), event.clientY - plot.getBoundingClientRect().top, event);
    });
    plot.addEventListener('pointercancel', (event) => this.pointers.delete(event.pointerId));
    plot.addEventListener('pointerleave', () => actions.leave());
  }

  timeAt(clientX: number, plot: HTMLElement): number {
    const box = plot.getBoundingClientRect();
    return this.view.timeAt(clientX - box.left, box.width);
  }

  private onWheel(event: WheelEvent, plot: HTMLElement): void {
    const { view } = this;
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      view.pan((sideways / plot.clientWidth) * view.span);
      return;
    }
    if (event.deltaY > 0 && view.whole) return;  // nothing to zoom out of: let the page scroll
    event.preventDefault();
    view.zoom(Math.exp(clamp(event.deltaY, -MOST_WHEEL, MOST_WHEEL) * WHEEL_RATE), this.timeAt(event.clientX, plot));
  }

  private onMove(event: PointerEvent, plot: HTMLElement, actions: GestureActions): void {
    const pointer = this.pointers.get(event.pointerId);
    if (!pointer) {
      if (event.pointerType === 'mouse') actions.hover(event);
      return;
    }
    const before = [...this.pointers.values()].map((p) => p.x);
    const step = event.clientX - pointer.x;
    pointer.x = event.clientX;
    if (Math.abs(pointer.x - pointer.start) > DRAG_PX) pointer.moved = true;
    if (this.pointers.size === 2) {
      const after = [...this.pointers.values()].map((p) => p.x);
      const ratio = Math.max(10, Math.abs(before[0] - before[1])) / Math.max(10, Math.abs(after[0] - after[1]));
      this.view.zoom(ratio, this.timeAt((after[0] + after[1]) / 2, plot));
    } else if (!actions.pans) {
      actions.scrub(this.timeAt(event.clientX, plot));
    } else if (pointer.moved) {
      actions.leave();
      this.view.pan((-step / plot.clientWidth) * this.view.span);
    }
  }
}
