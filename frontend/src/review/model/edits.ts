// Commands on events: each returns the changes that one key or button makes, as one undo step.

import { changeOf, valueOf, type Corrections } from './corrections';
import type { ReviewEvent } from './events';
import type { Change, EventValue } from './values';

/** What can be given for a new event; the rest has defaults. */
export type NewEvent = Pick<EventValue, 'label' | 'start_us'> & Partial<EventValue>;

/** Return the whole value of an event. An event that a person touches counts as accepted. */
export function valueFrom(event: ReviewEvent): EventValue {
  const { id: _id, model: _model, start: _start, end: _end, state, ...value } = event;
  return { ...value, lead_us: value.lead_us ?? null, lag_us: value.lag_us ?? null, state: state === 'rejected' ? 'rejected' : 'accepted' };
}

/** Change properties of events. */
export function edited(corrections: Corrections, events: readonly ReviewEvent[], patch: Partial<EventValue>): Change[] {
  return events.map((event) => changeOf(corrections, 'event', event.id, { ...valueFrom(event), ...patch }));
}

/** Accept events as they are. */
export function accepted(corrections: Corrections, events: readonly ReviewEvent[]): Change[] {
  return edited(corrections, events.filter((event) => event.state !== 'accepted'), { state: 'accepted' });
}

/** Reject events; those that a person made are deleted. */
export function rejected(corrections: Corrections, events: readonly ReviewEvent[]): Change[] {
  return events
    .filter((event) => event.state !== 'rejected')
    .map((event) => changeOf(corrections, 'event', event.id, event.model ? { ...valueFrom(event), state: 'rejected' } : null));
}

/** Take back every correction of events of the model: they are unreviewed again. */
export function reset(corrections: Corrections, events: readonly ReviewEvent[]): Change[] {
  return events
    .filter((event) => event.model && valueOf(corrections, 'event', event.id))
    .map((event) => changeOf(corrections, 'event', event.id, null));
}

/** Move an event so that it starts at a time; its end moves along. */
export function moved(corrections: Corrections, event: ReviewEvent, startUs: number): Change[] {
  const start_us = Math.max(0, Math.round(startUs));
  const end_us = event.end_us === null ? null : event.end_us + (start_us - event.start_us);
  return edited(corrections, [event], { start_us, end_us, state: 'accepted' });
}

/** Set the start or the end of an event; a start behind the end moves the end away, an end before the start is none. */
export function bounded(corrections: Corrections, event: ReviewEvent, edge: 'start' | 'end', timeUs: number): Change[] {
  const time = Math.max(0, Math.round(timeUs));
  const start_us = edge === 'start' ? time : event.start_us;
  const wanted = edge === 'end' ? time : event.end_us;
  const end_us = wanted !== null && wanted > start_us ? wanted : null;
  return edited(corrections, [event], { start_us, end_us, state: 'accepted' });
}

/** Accept the unreviewed events of a class at or above a confidence. */
export function acceptedAbove(
  corrections: Corrections, events: readonly ReviewEvent[], label: string, threshold: number,
): Change[] {
  const sure = events.filter((e) => e.label === label && e.state === 'unreviewed' && e.confidence >= threshold);
  return accepted(corrections, sure);
}

/** Add an event that a person saw. */
export function added(corrections: Corrections, id: string, event: NewEvent): Change[] {
  const value: EventValue = {
    end_us: null, team: null, player: null, visible: true, half: 1, state: 'accepted', confidence: 1, note: '',
    point_px: null, point_m: null, lead_us: null, lag_us: null, ...event,
  };
  return [changeOf(corrections, 'event', id, value)];
}

/** Return a new event like another one that starts elsewhere: everything is kept but the times and the point. */
export function pasted(event: EventValue, startUs: number): NewEvent {
  const end_us = event.end_us === null ? null : startUs + (event.end_us - event.start_us);
  return { ...event, start_us: startUs, end_us, state: 'accepted', confidence: 1, point_px: null, point_m: null };
}

/** Return a random id for an event of a person. */
export function newEventId(): string {
  return `p-${hex(12)}`;
}

export function newPlayerId(): string {
  return `pl-${hex(6)}`;
}

function hex(digits: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(digits / 2));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
