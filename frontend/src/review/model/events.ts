// Events as they are after the corrections: those of the model, changed or not, and those that a person made.

import type { Corrections } from './corrections';
import type { EventValue } from './values';

/** An event or candidate of the model, as the server sends it. */
export interface ModelEvent {
  id: string;
  label: string;
  start_us: number;
  end_us: number | null;
  confidence: number;
  team: string | null;
  player: string | null;
  half: number;
  visible: boolean;
  source: string | null;
}

export type EventState = 'unreviewed' | 'accepted' | 'rejected';

export interface ReviewEvent extends Omit<EventValue, 'state'> {
  id: string;
  state: EventState;
  /** The model's own event; null if a person made this one. */
  model: ModelEvent | null;
  /** Start in seconds, by which lists are searched. */
  start: number;
  end: number | null;
}

/** Return all events, ordered by time and id. `cache` keeps the unchanged ones between calls. */
export function correctedEvents(
  model: readonly ModelEvent[], corrections: Corrections, cache: Map<string, ReviewEvent>,
): ReviewEvent[] {
  const found = model.map((event) => {
    const value = corrections.event.get(event.id);
    return value ? fromValue(event.id, value, event) : cached(event, cache);
  });
  const known = new Set(cache.keys());
  for (const [id, value] of corrections.event) if (!known.has(id)) found.push(fromValue(id, value, null));
  return found.sort((a, b) => a.start_us - b.start_us || (a.id < b.id ? -1 : 1));
}

/** Return a cache for the events of a model, which `correctedEvents` reads. */
export function eventCache(model: readonly ModelEvent[]): Map<string, ReviewEvent> {
  return new Map(model.map((event) => [event.id, untouched(event)]));
}

function cached(event: ModelEvent, cache: Map<string, ReviewEvent>): ReviewEvent {
  const found = cache.get(event.id);
  if (found) return found;
  const made = untouched(event);
  cache.set(event.id, made);
  return made;
}

function untouched(event: ModelEvent): ReviewEvent {
  const { source: _source, ...rest } = event;
  return {
    ...rest, state: 'unreviewed', note: '', point_px: null, point_m: null, lead_us: null, lag_us: null, model: event,
    start: event.start_us / 1e6, end: event.end_us === null ? null : event.end_us / 1e6,
  };
}

function fromValue(id: string, value: EventValue, model: ModelEvent | null): ReviewEvent {
  return { ...value, id, model, start: value.start_us / 1e6, end: value.end_us === null ? null : value.end_us / 1e6 };
}
