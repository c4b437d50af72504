// The canvas of the timeline: draws when something has changed, and turns pointers into seeking, selecting and dragging.

import { effect, signal, type ReadonlySignal } from '@preact/signals';
import { preparedCanvas, type Gap } from '../../shared/canvas';
import { themeColours } from '../../shared/colours';
import { Gestures, xOf, type Viewport } from '../../shared/view';
import type { Desk } from '../state/desk';
import { isDark } from '../state/settings';
import { timelineView, viewChanges } from '../state/timelineview';
import { draggedTo, drop, eventNear, grabAt, shownTime, type Dragged } from './dragging';
import { paint } from './paint';
import { AXIS_PX, OVERVIEW_PX, rowAt, type Row } from './rows';
import { tipOf } from './tip';

const DRAG_PX = 4;

export interface Parts { canvas: HTMLCanvasElement; scroller: HTMLElement; head: HTMLElement; tip: HTMLElement }

export class TimelineCanvas {
  private readonly dragged = signal<Dragged | null>(null);
  private readonly scroll = signal(0);
  private readonly size = signal(0);
  private readonly gaps: Gap[];
  private readonly view: Viewport;
  private readonly gestures: Gestures;
  private grabbed: { from: Dragged; x: number; time: number; moved: boolean } | null = null;
  private scrubs = false;
  private pending = 0;
  private readonly ends: Array<() => void> = [];

  constructor(private readonly desk: Desk, private readonly rows: ReadonlySignal<readonly Row[]>, private readonly parts: Parts) {
    this.view = timelineView.value!;
    this.gestures = new Gestures(this.view);
    this.gaps = (desk.data.coverage?.gaps ?? []).map((gap) => ({ start: gap.start_us / 1e6, end: gap.end_us / 1e6, reason: gap.reason }));
    this.listen();
    const watcher = new ResizeObserver(() => { this.size.value += 1; });
    watcher.observe(parts.canvas);
    this.ends.push(() => watcher.disconnect(), effect(() => this.schedule()), effect(() => this.placeHead()), effect(() => this.follow()));
  }

  close(): void {
    cancelAnimationFrame(this.pending);
    for (const end of this.ends) end();
  }

  /** Read all that the drawing depends on, so that a change of any of it draws anew. */
  private schedule(): void {
    const { desk } = this;
    void [viewChanges.value, this.scroll.value, this.size.value, this.dragged.value, isDark.value, this.rows.value, desk.byLabel.value,
      desk.selectedId.value, desk.reviewed.value, desk.versionEvents.value, desk.draftThreshold.value, desk.corrections.value,
      desk.backdrop.curves.value, desk.backdrop.sound.value, desk.people.selectedPerson.value, desk.people.store.value];
    if (this.pending) return;
    this.pending = requestAnimationFrame(() => { this.pending = 0; this.draw(); });
  }

  private draw(): void {
    const { desk, view, gaps } = this;
    paint(preparedCanvas(this.parts.canvas), {
      desk, view, gaps, rows: this.rows.value, scroll: this.scroll.value, theme: themeColours(), dragged: this.dragged.value,
    });
  }

  private placeHead(): void {
    void [viewChanges.value, this.size.value];
    const { head, canvas } = this.parts;
    const x = xOf(this.desk.playback.time.value, this.view, canvas.clientWidth);
    head.hidden = x < -1 || x > canvas.clientWidth + 1;
    head.style.setProperty('transform', `translateX(${x}px)`);
  }

  /** Keep the playhead in view while the video plays or is stepped through. */
  private follow(): void {
    const time = this.desk.playback.time.value;
    if (!this.gestures.busy && !this.grabbed) this.view.follow(time);
  }

  private listen(): void {
    const { canvas, scroller } = this.parts;
    const on = <K extends keyof HTMLElementEventMap>(target: HTMLElement, name: K, listener: (event: HTMLElementEventMap[K]) => void, capture = false): void => {
      target.addEventListener(name, listener, capture);
      this.ends.push(() => target.removeEventListener(name, listener, capture));
    };
    on(scroller, 'scroll', () => { this.scroll.value = scroller.scrollTop; });
    on(canvas, 'pointerdown', (event) => this.down(event), true);
    on(canvas, 'pointermove', (event) => this.move(event), true);
    on(canvas, 'pointerup', (event) => this.up(event), true);
    on(canvas, 'pointercancel', () => this.forget(), true);
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
    if (event) this.choose(event.id); else this.desk.playback.seek(time);
  }

  private hover(event: PointerEvent): void {
    const { x, y, width, zone } = this.place(event);
    const { canvas, tip } = this.parts;
    const row = zone === 'rows' ? rowAt(this.rows.value, y) : null;
    const grab = zone === 'rows' ? grabAt(this.desk, this.rows.value, x, y, width) : null;
    canvas.style.cursor = grab ? (grab.kind === 'event' ? 'grab' : 'ew-resize') : zone === 'rows' ? 'crosshair' : 'ew-resize';
    const lines = tipOf(this.desk, row, this.view.timeAt(x, width), x, width, this.view.span / width / 2);
    tip.replaceChildren(...lines.map((line) => Object.assign(document.createElement('div'), { textContent: line })));
    tip.hidden = zone === 'overview';
    tip.style.setProperty('left', `${Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 4)}px`);
    tip.style.setProperty('top', `${Math.max(4, event.clientY - tip.offsetHeight - 10)}px`);
  }
}
