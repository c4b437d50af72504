// Commands of reviewing: through the queue, accept, reject, undo.

import * as edits from '../model/edits';
import type { ReviewEvent } from '../model/events';
import { afterLeaving } from '../model/queue';
import { reviewedUpTo } from '../model/trackedits';
import type { Desk } from '../state/desk';
import { announce } from '../state/announce';
import { autoAdvance } from '../state/settings';
import { changeWords, eventWords, plural } from '../state/words';
import type { Change } from '../model/values';

/** The server takes this many changes in one command. */
const MOST_CHANGES = 10_000;

/** Go to the next (1) or previous (-1) event of the list; from an event outside of it to the nearest in time. */
export function neighbour(desk: Desk, direction: 1 | -1): void {
  const queue = desk.queue.value;
  const at = queue.findIndex((event) => event.id === desk.selectedId.value);
  const next = at >= 0 ? queue[at + direction] : queue[direction > 0 ? 0 : queue.length - 1];
  if (next) desk.choose(next); else announce(queue.length ? 'End of the list' : 'The list is empty');
}

export function accept(desk: Desk): void {
  decide(desk, 'Accepted', (event) => edits.accepted(desk.corrections.value, [event]));
}

export function reject(desk: Desk): void {
  decide(desk, desk.selected.value?.model ? 'Rejected' : 'Deleted', (event) => edits.rejected(desk.corrections.value, [event]));
}

export function unreview(desk: Desk): void {
  const event = desk.selected.value;
  if (!event) announce('Select an event first');
  else if (!event.model) announce('This event was made by a person; press X to delete it');
  else desk.do(edits.reset(desk.corrections.value, [event]), `${eventWords(event.model)} is as the model found it`);
}

/** Decide on the selected event, and go on to the next one in the list. */
function decide(desk: Desk, word: string, changesOf: (event: ReviewEvent) => Change[]): void {
  const event = desk.selected.value;
  if (!event) {
    announce('Select an event first: N goes to the next one');
    return;
  }
  const before = desk.queue.value;
  const inQueue = before.some((other) => other.id === event.id);
  const changes = changesOf(event);
  if (changes.length ? !desk.do(changes, `${word}: ${eventWords(event)}`) : !desk.mayWrite) return;
  if (!autoAdvance.value || !inQueue) return;
  const next = nextOf(desk, before, event.id);
  if (next) desk.choose(next); else announce(`${word}: ${eventWords(event)}. That was the last one in the list`);
}

function nextOf(desk: Desk, before: readonly ReviewEvent[], id: string): ReviewEvent | null {
  const after = desk.queue.value;
  if (!after.some((event) => event.id === id)) return afterLeaving(before, after, id);
  const at = after.findIndex((event) => event.id === id);
  return after[at + 1] ?? null;
}

export function acceptAll(desk: Desk, label: string): void {
  const threshold = desk.threshold(label);
  const changes = edits.acceptedAbove(desk.corrections.value, desk.events.value, label, threshold).slice(0, MOST_CHANGES);
  const count = plural(changes.length, 'event');
  if (!changes.length) announce(`No unreviewed ${label} is at or above ${threshold.toFixed(2)}`);
  else desk.do(changes, `Accepted ${count} of ${label} at or above ${threshold.toFixed(2)}; Z takes it back`);
}

export function reviewed(desk: Desk): void {
  const changes = reviewedUpTo(desk.corrections.value, desk.playback.timeUs, desk.counted.value);
  if (changes.length) markReviewed(desk, changes, 'Marked as reviewed up to here');
  else announce('This part is marked as reviewed already');
}

/** Make the change of reviewed spans; the events that it accepts along are counted in what is said. */
export function markReviewed(desk: Desk, changes: Change[], said: string): void {
  const count = changes.filter((change) => change.what === 'event').length;
  if (changes.length > MOST_CHANGES) announce(`${plural(count, 'event')} would be accepted at once; mark a shorter part`);
  else desk.do(changes, count ? `${said}, with ${plural(count, 'event')} in it accepted; Z takes it back` : `${said}: the accepted events in it are the truth`);
}

export function undo(desk: Desk): void {
  step(desk, 'Undone', () => desk.saving.undo());
}

export function redo(desk: Desk): void {
  step(desk, 'Done again', () => desk.saving.redo());
}

function step(desk: Desk, word: string, move: () => readonly Change[] | null): void {
  if (!desk.mayWrite) {
    announce('This window only reads');
    return;
  }
  const changes = move();
  if (!changes) {
    announce(word === 'Undone' ? 'Nothing to undo' : 'Nothing to do again');
    return;
  }
  announce(`${word}: ${changeWords(changes)}`);
  show(desk, changes);
}

/** Go to the event that an undo changed, so that the user sees it happen. */
function show(desk: Desk, changes: readonly Change[]): void {
  if (changes.length !== 1 || changes[0].what !== 'event') return;
  const event = desk.events.value.find((other) => other.id === changes[0].id);
  if (event) desk.choose(event);
}
