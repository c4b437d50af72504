// The canvas of the timeline: draws when something has changed, and keeps the playhead in view.

import { effect, signal, type ReadonlySignal } from '@preact/signals';
import { preparedCanvas, type Gap } from '../../shared/canvas';
import { themeColours } from '../../shared/colours';
import { xOf, type Viewport } from '../../shared/view';
import type { Desk } from '../state/desk';
import { isDark } from '../state/settings';
import { timelineView, viewChanges } from '../state/timelineview';
import { paint } from './paint';
import { TimelinePointer } from './pointer';
import type { Row } from './rows';

export interface Parts { canvas: HTMLCanvasElement; scroller: HTMLElement; head: HTMLElement; tip: HTMLElement }

export class TimelineCanvas {
  private readonly scroll = signal(0);
  private readonly size = signal(0);
  private readonly gaps: Gap[];
  private readonly view: Viewport;
  private readonly pointer: TimelinePointer;
  private pending = 0;
  private readonly ends: Array<() => void>;

  constructor(private readonly desk: Desk, private readonly rows: ReadonlySignal<readonly Row[]>, private readonly parts: Parts) {
    this.view = timelineView.value!;
    this.gaps = (desk.data.coverage?.gaps ?? []).map((gap) => ({ start: gap.start_us / 1e6, end: gap.end_us / 1e6, reason: gap.reason }));
    this.pointer = new TimelinePointer(desk, rows, this.scroll, parts);
    const watcher = new ResizeObserver(() => { this.size.value += 1; });
    watcher.observe(parts.canvas);
    const scrolled = (): void => { this.scroll.value = parts.scroller.scrollTop; };
    parts.scroller.addEventListener('scroll', scrolled);
    this.ends = [
      () => watcher.disconnect(), () => parts.scroller.removeEventListener('scroll', scrolled), () => this.pointer.close(),
      effect(() => this.schedule()), effect(() => this.placeHead()), effect(() => this.follow()),
    ];
  }

  close(): void {
    cancelAnimationFrame(this.pending);
    for (const end of this.ends) end();
  }

  /** Read all that the drawing depends on, so that a change of any of it draws anew. */
  private schedule(): void {
    const { desk } = this;
    void [viewChanges.value, this.scroll.value, this.size.value, this.pointer.dragged.value, isDark.value, this.rows.value, desk.byLabel.value,
      desk.selectedId.value, desk.reviewed.value, desk.versionEvents.value, desk.draftThreshold.value, desk.corrections.value,
      desk.backdrop.curves.value, desk.backdrop.sound.value, desk.backdrop.wave.value, desk.people.selectedPerson.value, desk.people.store.value,
      desk.keepers.chosen.value];
    if (this.pending) return;
    this.pending = requestAnimationFrame(() => { this.pending = 0; this.draw(); });
  }

  private draw(): void {
    const { desk, view, gaps } = this;
    paint(preparedCanvas(this.parts.canvas), {
      desk, view, gaps, rows: this.rows.value, scroll: this.scroll.value, theme: themeColours(), dragged: this.pointer.dragged.value,
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
    if (!this.pointer.busy) this.view.follow(time);
  }
}
