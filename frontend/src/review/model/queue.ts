// The list to work through: which events are in it, and in which order.

import type { EventState, ReviewEvent } from './events';

export type Order = 'least-sure' | 'time' | 'most-sure';

export interface Filters {
  /** Empty text: all. */
  label: string;
  team: string;
  player: string;
  half: string;
  state: EventState | 'all';
  source: 'all' | 'model' | 'person';
  /** Only events at or above the threshold of their class. */
  aboveThreshold: boolean;
  order: Order;
}

export const ALL: Filters = {
  label: '', team: '', player: '', half: '', state: 'unreviewed', source: 'all', aboveThreshold: false, order: 'least-sure',
};

export const NOBODY = '-';

/** Return the events that pass the filters, in order; `threshold` gives that of a class. */
export function queueOf(events: readonly ReviewEvent[], filters: Filters, threshold: (label: string) => number): ReviewEvent[] {
  const found = events.filter((event) => passes(event, filters, threshold));
  if (filters.order === 'time') return found;
  const sureness = (event: ReviewEvent): number => surenessOf(event, threshold(event.label));
  const keyed = found.map((event) => ({ event, sure: sureness(event) }));
  const sign = filters.order === 'least-sure' ? 1 : -1;
  keyed.sort((a, b) => sign * (a.sure - b.sure) || a.event.start_us - b.event.start_us);
  return keyed.map(({ event }) => event);
}

/** How sure the model is of its decision: the distance to the threshold, as a share of the way to 0 or to 1. */
export function surenessOf(event: ReviewEvent, threshold: number): number {
  const confidence = event.model?.confidence ?? 1;
  const above = confidence >= threshold;
  const room = above ? 1 - threshold : threshold;
  return room > 0 ? Math.abs(confidence - threshold) / room : 1;
}

function passes(event: ReviewEvent, filters: Filters, threshold: (label: string) => number): boolean {
  const { label, team, player, half, state, source, aboveThreshold } = filters;
  return (!label || event.label === label)
    && (!team || (event.team ?? NOBODY) === team)
    && (!player || (event.player ?? NOBODY) === player)
    && (!half || String(event.half) === half)
    && (state === 'all' || event.state === state)
    && (source === 'all' || (source === 'model') === (event.model !== null))
    && (!aboveThreshold || event.state === 'accepted' || event.confidence >= threshold(event.label));
}

/** Return the event to go to once one has left the queue: the one that followed it, else the last one left. */
export function afterLeaving(before: readonly ReviewEvent[], after: readonly ReviewEvent[], id: string): ReviewEvent | null {
  const left = new Map(after.map((event) => [event.id, event]));
  const at = before.findIndex((event) => event.id === id);
  for (const event of before.slice(at + 1)) {
    const found = event.id !== id && left.get(event.id);
    if (found) return found;
  }
  return after.find((event) => event.id !== id) ?? null;
}
