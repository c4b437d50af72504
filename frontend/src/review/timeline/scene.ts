// What one drawing of the timeline needs, gathered from the open bundle.

import type { Theme } from '../../shared/colours';
import type { Gap } from '../../shared/canvas';
import type { Span } from '../../shared/view';
import type { ModelEvent, ReviewEvent } from '../model/events';
import type { Desk } from '../state/desk';
import type { Dragged } from './dragging';
import type { Row } from './rows';

export interface TimedEvent extends ModelEvent { start: number; end: number | null }

export interface Scene {
  desk: Desk;
  rows: readonly Row[];
  scroll: number;
  view: Span;
  theme: Theme;
  gaps: readonly Gap[];
  /** The event or span edge that is dragged now. */
  dragged: Dragged | null;
}

const timed = new WeakMap<readonly ModelEvent[], Map<string, TimedEvent[]>>();

/** Return the events of the other version by class, with times in seconds. */
export function versionByLabel(desk: Desk): Map<string, TimedEvent[]> {
  const events = desk.versionEvents.value;
  const found = timed.get(events);
  if (found) return found;
  const made = new Map<string, TimedEvent[]>();
  for (const event of events) {
    const list = made.get(event.label) ?? [];
    if (!list.length) made.set(event.label, list);
    list.push({ ...event, start: event.start_us / 1e6, end: event.end_us === null ? null : event.end_us / 1e6 });
  }
  for (const list of made.values()) list.sort((a, b) => a.start - b.start);
  timed.set(events, made);
  return made;
}

const longestSpans = new WeakMap<readonly ReviewEvent[], number>();

/** Return the length of the longest event of a list in seconds: how far before the view an event can begin and still be seen. */
export function longest(events: readonly ReviewEvent[]): number {
  const known = longestSpans.get(events);
  if (known !== undefined) return known;
  const most = events.reduce((length, event) => Math.max(length, event.end === null ? 0 : event.end - event.start), 0);
  longestSpans.set(events, most);
  return most;
}
