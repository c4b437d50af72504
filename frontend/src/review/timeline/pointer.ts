// Pointers on the timeline: seeking, selecting, dragging, and what lies under the mouse.

import { signal, type ReadonlySignal } from '@preact/signals';
import { Gestures, type Viewport } from '../../shared/view';
import { toMoment } from '../commands/keepers';
import type { Desk } from '../state/desk';
import { timelineView } from '../state/timelineview';
import type { Parts } from './canvas';
import { draggedTo, drop, eventNear, grabAt, momentNear, shownTime, type Dragged } from './dragging';
import { AXIS_PX, OVERVIEW_PX, rowAt, type Row } from './rows';
import { showTip } from './tip';

const DRAG_PX = 4;

export class TimelinePointer {
  readonly dragged = signal<Dragged | null>(null);
  private readonly view: Viewport;
  private readonly gestures: Gestures;
  private readonly ended = new AbortController();
  private grabbed: { from: Dragged; x: number; time: number; moved: boolean } | null = null;
  private scrubs = false;

  constructor(
    private readonly desk: Desk, private readonly rows: ReadonlySignal<readonly Row[]>, private readonly scroll: ReadonlySignal<number>,
    private readonly parts: Parts,
  ) {
    this.view = timelineView.value!;
    this.gestures = new Gestures(this.view);
    this.listen();
  }

  /** Whether a pointer is down, so that nothing else should move the view. */
  get busy(): boolean {
    return this.gestures.busy || this.grabbed !== null || this.scrubs;
  }

  close(): void {
    this.ended.abort();
  }

  private listen(): void {
    const { canvas } = this.parts;
    const options = { capture: true, signal: this.ended.signal };
    canvas.addEventListener('pointerdown', (event) => this.down(event), options);
    canvas.addEventListener('pointermove', (event) => this.move(event), options);
    canvas.addEventListener('pointerup', (event) => this.up(event), options);
    canvas.addEventListener('pointercancel', () => this.forget(), options);
    this.gestures.listen(canvas, {
      pans: true, scrub: () => undefined, click: (time, y, event) => this.click(time, y, event), hover: (event) => this.hover(event),
      leave: () => { this.parts.tip.hidden = true; },
    });
  }

  private place(event: MouseEvent): { x: number; y: number; width: number; zone: 'axis' | 'rows' | 'overview' } {
    const box = this.parts.canvas.getBoundingClientRect();
    const y = event.clientY - box.top;
    const zone = y < AXIS_PX ? 'axis' : y > box.height - OVERVIEW_PX ? 'overview' : 'rows';
    return { x: event.clientX - box.left, y: y - AXIS_PX + this.scroll.value, width: box.width, zone };
  }

  private down(event: PointerEvent): void {
    if (event.button !== 0) return;
    const { x, y, width, zone } = this.place(event);
    if (zone !== 'rows') {
      this.scrubs = true;
      this.parts.canvas.setPointerCapture(event.pointerId);
      this.scrub(event);
      event.stopImmediatePropagation();
      return;
    }
    const from = grabAt(this.desk, this.rows.value, x, y, width);
    if (!from) return;
    this.parts.canvas.setPointerCapture(event.pointerId);
    this.parts.tip.hidden = true;
    this.grabbed = { from, x: event.clientX, time: this.view.timeAt(x, width), moved: false };
    event.stopImmediatePropagation();
  }

  /** On the axis the pointer scrubs; on the overview it moves the view. */
  private scrub(event: PointerEvent): void {
    const { x, width, zone } = this.place(event);
    if (zone === 'overview') this.view.centre((x / width) * this.view.duration);
    else this.desk.playback.seek(this.view.timeAt(x, width));
  }

  private move(event: PointerEvent): void {
    if (this.scrubs) {
      this.scrub(event);
      event.stopImmediatePropagation();
      return;
    }
    const { grabbed } = this;
    if (!grabbed) return;
    event.stopImmediatePropagation();
    grabbed.moved ||= Math.abs(event.clientX - grabbed.x) > DRAG_PX;
    if (!grabbed.moved) return;
    const { x, width } = this.place(event);
    this.dragged.value = draggedTo(this.desk, grabbed.from, grabbed.time, this.view.timeAt(x, width));
    this.desk.playback.seek(shownTime(this.dragged.value));
  }

  private up(event: PointerEvent): void {
    if (!this.scrubs && !this.grabbed) return;
    event.stopImmediatePropagation();
    const [dragged, grabbed] = [this.dragged.value, this.grabbed];
    this.forget();
    if (dragged && grabbed?.moved) drop(this.desk, dragged);
    else if (grabbed?.from.id) this.choose(grabbed.from.id);
  }

  private forget(): void {
    this.scrubs = false;
    this.grabbed = null;
    this.dragged.value = null;
  }

  private choose(id: string): void {
    const event = this.desk.events.value.find((one) => one.id === id);
    if (event) [this.desk.choose(event), this.desk.tab.value = 'events'];
  }

  private click(time: number, _: number, pointer: PointerEvent): void {
    const { x, y, width } = this.place(pointer);
    const row = rowAt(this.rows.value, y);
    const event = row && eventNear(this.desk, row, x, width);
    const moment = row?.kind === 'keepers' ? momentNear(this.desk, x, width) : null;
    if (event) this.choose(event.id); else if (moment) toMoment(this.desk, moment); else this.desk.playback.seek(time);
  }

  private hover(event: PointerEvent): void {
    const { x, y, width, zone } = this.place(event);
    const { canvas, tip } = this.parts;
    const row = zone === 'rows' ? rowAt(this.rows.value, y) : null;
    const grab = zone === 'rows' ? grabAt(this.desk, this.rows.value, x, y, width) : null;
    canvas.style.cursor = grab ? (grab.kind === 'event' ? 'grab' : 'ew-resize') : zone === 'rows' ? 'crosshair' : 'ew-resize';
    if (zone === 'overview') tip.hidden = true;
    else showTip(tip, this.desk, { row, time: this.view.timeAt(x, width), x, width, half: this.view.span / width / 2 }, event);
  }
}
