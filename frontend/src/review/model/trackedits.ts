// Commands on tracks: each returns the changes of one undo step.

import { changeOf, valueOf, type Corrections } from './corrections';
import { AS_MODEL, cutId, fragmentAt, personOf, startOf } from './identity';
import { accepted } from './edits';
import type { ReviewEvent } from './events';
import { holds, joined, unreviewedUpTo } from './spans';
import type { Box, Change, Span, TrackValue } from './values';

/** Say something about the person that a fragment shows. */
export function described(corrections: Corrections, fragment: string, patch: Partial<TrackValue>): Change[] {
  const person = personOf(corrections, fragment);
  const value = { ...(valueOf(corrections, 'track', person) ?? AS_MODEL), ...patch };
  return [changeOf(corrections, 'track', person, isAsModel(value) ? null : value)];
}

/** Join a fragment to another one, which passes on what it knows if the other knows less. */
export function joinedWith(corrections: Corrections, fragment: string, other: string): Change[] {
  const [from, to] = [personOf(corrections, fragment), personOf(corrections, other)];
  if (from === to) return [];
  const source = valueOf(corrections, 'track', from) ?? AS_MODEL;
  const target = valueOf(corrections, 'track', to) ?? AS_MODEL;
  const passed = { ...target, player: target.player ?? source.player, team: target.team ?? source.team, role: target.role ?? source.role };
  const changes = [changeOf(corrections, 'track', from, { ...source, same_as: to })];
  if (!isAsModel(passed)) changes.push(changeOf(corrections, 'track', to, passed));
  return changes;
}

/** Take a fragment out of those that it was joined to. */
export function separated(corrections: Corrections, fragment: string): Change[] {
  const value = valueOf(corrections, 'track', fragment);
  if (!value?.same_as) return [];
  const alone = { ...value, same_as: null };
  return [changeOf(corrections, 'track', fragment, isAsModel(alone) ? null : alone)];
}

/** Split a track at a time. Nothing happens where a part starts already. */
export function split(corrections: Corrections, trackId: string, timeUs: number): Change[] {
  const fragment = fragmentAt(corrections, trackId, timeUs);
  if (startOf(fragment) === Math.round(timeUs)) return [];
  return [changeOf(corrections, 'cut', cutId(fragment, timeUs), {})];
}

/** Correct the box of a track in a frame; null: nobody is there. */
export function boxed(corrections: Corrections, trackId: string, frame: number, box: Box | null): Change[] {
  const rounded = box && (box.map((value) => Math.round(value * 10) / 10) as Box);
  return [changeOf(corrections, 'box', `${trackId}:${frame}`, { box_xyxy: rounded })];
}

/** Mark the video as reviewed from the last mark to a time. */
export function reviewedUpTo(corrections: Corrections, timeUs: number, counted: readonly ReviewEvent[] = []): Change[] {
  const spans = reviewedSpans(corrections);
  const added = unreviewedUpTo(spans, Math.round(timeUs));
  return added[1] > added[0] ? goneThrough(corrections, [...spans, added], counted) : [];
}

export function withReviewed(corrections: Corrections, spans: readonly Span[]): Change[] {
  const kept = joined(spans);
  return [changeOf(corrections, 'reviewed', 'spans', kept.length ? { spans: kept } : null)];
}

/** Mark spans as gone through completely, in place of those before: events that count and nobody touched are right where spans are new. */
export function goneThrough(corrections: Corrections, spans: readonly Span[], counted: readonly ReviewEvent[]): Change[] {
  const before = reviewedSpans(corrections);
  const right = counted.filter(({ state, start_us: us }) => state === 'unreviewed' && holds(spans, us) && !holds(before, us));
  return [...withReviewed(corrections, spans), ...accepted(corrections, right)];
}

export function reviewedSpans(corrections: Corrections): Span[] {
  return valueOf(corrections, 'reviewed', 'spans')?.spans ?? [];
}

function isAsModel(value: TrackValue): boolean {
  return value.role === null && value.team === null && value.player === null && value.same_as === null;
}
