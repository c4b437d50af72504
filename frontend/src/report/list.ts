// The list of events; only the visible rows exist, so a long match costs no more than a short clip.

import { byId, element } from '../shared/dom';
import { formatClock } from '../shared/format';
import { whoWords } from './about';
import type { ReportEvent, ReportLane } from './data';

const ROW_PX = 40;
const SPARE_ROWS = 6;
const MAX_PRINTED_ROWS = 5000;

export class EventList {
  current = -1;
  private readonly box = byId('list');
  private readonly inner = element('div', 'list-inner');
  private readonly rows = new Map<number, HTMLElement>();   // the rows that exist, by index
  private shown: readonly ReportEvent[] = [];

  /** `choose(event)` is called on a click; `names` are those of teams by their ids. */
  constructor(private readonly lanes: readonly ReportLane[], private readonly names: Record<string, string>, choose: (event: ReportEvent) => void) {
    this.box.append(this.inner);
    this.box.addEventListener('scroll', () => this.render(), { passive: true });
    this.inner.addEventListener('click', (click) => {
      const row = (click.target as Element).closest<HTMLElement>('.event');
      if (row) choose(this.shown[Number(row.dataset.index)]);
    });
    new ResizeObserver(() => this.render()).observe(this.box);
    addEventListener('beforeprint', () => this.render(true));
    addEventListener('afterprint', () => this.render());
  }

  setEvents(shown: readonly ReportEvent[]): void {
    this.shown = shown;
    this.current = -1;
    this.rows.clear();
    this.inner.replaceChildren();
    this.inner.style.setProperty('height', `${shown.length * ROW_PX}px`);
    byId('list-empty').hidden = shown.length > 0;
    this.render();
  }

  /** Mark the current event; scroll to it when it changes. */
  setCurrent(index: number): void {
    if (index === this.current) return;
    this.rows.get(this.current)?.removeAttribute('aria-current');
    this.current = index;
    this.rows.get(index)?.setAttribute('aria-current', 'true');
    if (index >= 0) this.reveal(index);
  }

  private reveal(index: number): void {
    const top = index * ROW_PX;
    const { scrollTop, clientHeight } = this.box;
    if (top < scrollTop || top + ROW_PX > scrollTop + clientHeight) {
      this.box.scrollTop = top - clientHeight / 2 + ROW_PX / 2;
    }
  }

  /** Create the visible rows and drop the others; a row that stays is untouched, so that a click on it is not lost. */
  private render(all = false): void {
    const first = all ? 0 : Math.max(0, Math.floor(this.box.scrollTop / ROW_PX) - SPARE_ROWS);
    const sight = Math.ceil(this.box.clientHeight / ROW_PX) + 2 * SPARE_ROWS;
    const last = all ? Math.min(this.shown.length, MAX_PRINTED_ROWS) : Math.min(this.shown.length, first + sight);
    for (const [index, row] of this.rows) {
      if (index >= first && index < last) continue;
      row.remove();
      this.rows.delete(index);
    }
    for (let i = first; i < last; i += 1) if (!this.rows.has(i)) this.place(i);
  }

  /** Insert a new row before the next existing one, so that the reading order is the time order. */
  private place(index: number): void {
    const row = this.makeRow(index);
    const others = [...this.inner.children] as HTMLElement[];
    const after = others.find((other) => Number(other.dataset.index) > index);
    this.inner.insertBefore(row, after ?? null);
    this.rows.set(index, row);
  }

  private makeRow(index: number): HTMLElement {
    const event = this.shown[index];
    const row = element('button', 'event');
    row.type = 'button';
    row.dataset.index = String(index);
    row.style.setProperty('top', `${index * ROW_PX}px`);
    const [light, dark] = this.lanes[event.lane].colours;
    row.style.setProperty('--lane-light', light);
    row.style.setProperty('--lane-dark', dark);
    if (index === this.current) row.setAttribute('aria-current', 'true');
    row.append(
      element('span', 'dot'),
      element('span', 'event-time', formatClock(event.start, 2)),
      makeLabel(event, this.names),
      ...(event.accepted ? [makeAccepted()] : [makeMeter(event.confidence), element('span', 'event-confidence', event.confidence.toFixed(2))]),
    );
    return row;
  }
}

function makeLabel(event: ReportEvent, names: Record<string, string>): HTMLElement {
  const label = element('span', 'event-label');
  label.append(element('bdi', '', event.label));
  const details = [event.match, whoWords(event, names)].filter(Boolean).join(', ');
  if (details) label.append(element('bdi', 'event-details', details));
  return label;
}

function makeAccepted(): HTMLElement {
  const mark = element('span', 'event-accepted', '✓ reviewed');
  mark.title = 'A person accepted or added this event';
  return mark;
}

function makeMeter(confidence: number): HTMLElement {
  const meter = element('span', 'meter');
  const bar = element('span', 'meter-bar');
  bar.style.setProperty('width', `${100 * confidence}%`);
  meter.append(bar);
  return meter;
}
