// Events and changes in words, for announcements and lists.

import { formatClock } from '../../shared/format';
import type { ReviewEvent } from '../model/events';
import type { Change } from '../model/values';

export function clockOf(us: number, decimals = 2): string {
  return formatClock(us / 1e6, decimals);
}

export function eventWords(event: Pick<ReviewEvent, 'label' | 'start_us'>): string {
  return `${event.label} at ${clockOf(event.start_us)}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

const KIND_WORDS: Record<Change['what'], string> = {
  event: 'event', reviewed: 'reviewed part', threshold: 'threshold', team: 'team', player: 'player', cut: 'split', track: 'track',
  box: 'box', labels: 'set of classes',
};

/** Describe the changes of a command, to say what was undone. */
export function changeWords(changes: readonly Change[]): string {
  const first = changes[0];
  if (!first) return 'nothing';
  if (changes.length > 1) return plural(changes.length, `change of ${KIND_WORDS[first.what]}s`, `changes of ${KIND_WORDS[first.what]}s`);
  if (first.what !== 'event') return `the ${KIND_WORDS[first.what]}${first.what === 'threshold' ? ` of ${first.id}` : ''}`;
  const value = first.after ?? first.before;
  return value ? eventWords(value) : 'an event';
}
