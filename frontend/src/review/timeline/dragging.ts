// Dragging on the timeline: an event, an edge of the selected span, or an edge of a reviewed part.

import { lowerBound } from '../../shared/format';
import { xOf } from '../../shared/view';
import { markReviewed } from '../commands/review';
import * as edits from '../model/edits';
import type { ReviewEvent } from '../model/events';
import { goneThrough } from '../model/trackedits';
import type { Span } from '../model/values';
import type { Desk } from '../state/desk';
import { timelineView } from '../state/timelineview';
import { clockOf } from '../state/words';
import type { KeeperMoment } from '../types';
import { rowAt, type Row } from './rows';

const NEAR_PX = 7;

export type Dragged =
  | { kind: 'event' | 'start' | 'end'; id: string; start: number; end: number | null }
  | { kind: 'reviewed'; id: null; start: number; end: null; spans: Span[]; at: number; edge: 0 | 1 };

/** Return the event of a row nearest to a place, or the span that covers it. */
export function eventNear(desk: Desk, row: Row, x: number, width: number): ReviewEvent | null {
  const view = timelineView.value;
  if (row.kind !== 'class' || !view) return null;
  const events = desk.byLabel.value.get(row.label.name) ?? [];
  const [reach, time] = [(NEAR_PX / width) * view.span, view.timeAt(x, width)];
  const near = events.slice(lowerBound(events, time - reach), lowerBound(events, time + reach))
    .sort((a, b) => rank(desk, a, time) - rank(desk, b, time))[0];
  return near ?? events.find((event) => event.end !== null && event.start <= time && event.end >= time) ?? null;
}

/** Return the keeper moment nearest to a place, if it is near enough to be meant. */
export function momentNear(desk: Desk, x: number, width: number): KeeperMoment | null {
  const view = timelineView.value;
  if (!view) return null;
  const gap = (moment: KeeperMoment): number => Math.abs(xOf(moment.time_us / 1e6, view, width) - x);
  return desk.keepers.moments.value.filter((moment) => gap(moment) <= NEAR_PX).sort((a, b) => gap(a) - gap(b))[0] ?? null;
}

/** The selected event first, then those that count, then the nearest. */
function rank(desk: Desk, event: ReviewEvent, time: number): number {
  const order = event.id === desk.selectedId.value ? 0 : desk.counts(event) ? 1e6 : 2e6;
  return order + Math.abs(event.start - time);
}

/** Return what a drag from a place would move; null: the view. */
export function grabAt(desk: Desk, rows: readonly Row[], x: number, y: number, width: number): Dragged | null {
  const row = rowAt(rows, y);
  if (!row || !desk.mayWrite || !timelineView.value) return null;
  if (row.kind === 'reviewed') return reviewedEdge(desk, x, width);
  const selected = desk.selected.value;
  if (selected?.end != null && row.kind === 'class' && row.label.name === selected.label) {
    for (const kind of ['start', 'end'] as const) {
      if (Math.abs(xOf(selected[kind]!, timelineView.value, width) - x) <= NEAR_PX) return { kind, id: selected.id, start: selected.start, end: selected.end };
    }
  }
  const event = eventNear(desk, row, x, width);
  return event && { kind: 'event', id: event.id, start: event.start, end: event.end };
}

function reviewedEdge(desk: Desk, x: number, width: number): Dragged | null {
  const spans = desk.reviewed.value;
  for (const [at, span] of spans.entries()) {
    for (const edge of [0, 1] as const) {
      if (Math.abs(xOf(span[edge] / 1e6, timelineView.value!, width) - x) <= NEAR_PX) {
        return { kind: 'reviewed', id: null, start: 0, end: null, spans: spans.map((one): Span => [...one]), at, edge };
      }
    }
  }
  return null;
}

/** Return the drag after the pointer moved to a time; times snap to frames. */
export function draggedTo(desk: Desk, from: Dragged, grabbedAt: number, time: number): Dragged {
  const snap = (seconds: number): number => desk.playback.clock.value.landing(Math.max(0, seconds)).shown;
  if (from.kind === 'reviewed') {
    const spans = from.spans.map((one): Span => [...one]);
    spans[from.at][from.edge] = Math.round(snap(time) * 1e6);
    return { ...from, spans };
  }
  if (from.kind === 'start') return { ...from, start: Math.min(snap(time), from.end! - 0.001) };
  if (from.kind === 'end') return { ...from, end: Math.max(snap(time), from.start + 0.001) };
  const start = snap(from.start + time - grabbedAt);
  return { ...from, start, end: from.end === null ? null : from.end + start - from.start };
}

/** Make the change of a finished drag. */
export function drop(desk: Desk, dragged: Dragged): void {
  const corrections = desk.corrections.value;
  if (dragged.kind === 'reviewed') {
    const spans = dragged.spans.filter(([start, end]) => end > start);
    markReviewed(desk, goneThrough(corrections, spans, desk.counted.value), 'Reviewed part changed');
    return;
  }
  const event = desk.events.value.find((one) => one.id === dragged.id);
  if (!event) return;
  const start = Math.round(dragged.start * 1e6);
  const end = dragged.end === null ? null : Math.round(dragged.end * 1e6);
  const changes = dragged.kind === 'event' ? edits.moved(corrections, event, start)
    : edits.bounded(corrections, event, dragged.kind, dragged.kind === 'start' ? start : end!);
  if (desk.do(changes, `${event.label} ${dragged.kind === 'event' ? 'moved to' : `${dragged.kind}s at`} ${clockOf(dragged.kind === 'end' ? end! : start)}`)) desk.selectedId.value = event.id;
}

/** Return the time that the picture shows while something is dragged, in seconds. */
export function shownTime(dragged: Dragged): number {
  if (dragged.kind === 'reviewed') return dragged.spans[dragged.at][dragged.edge] / 1e6;
  return dragged.kind === 'end' ? dragged.end! : dragged.start;
}
