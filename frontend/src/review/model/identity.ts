// Tracks after the corrections: where they are split, which belong together, and who they are.

import type { Corrections } from './corrections';
import type { TrackValue } from './values';

export const AS_MODEL: TrackValue = { role: null, team: null, player: null, same_as: null };

/** Return the id of the part of a track that holds a time: the track's own id, or that of the last cut before it. */
export function fragmentAt(corrections: Corrections, trackId: string, timeUs: number): string {
  let found = trackId;
  let latest = -1;
  for (const id of corrections.cut.keys()) {
    const time = startOf(id);
    if (trackOf(id) === trackId && time <= timeUs && time > latest) [found, latest] = [id, time];
  }
  return found;
}

/** Return the ids of the parts of a track in order of time. */
export function fragmentsOf(corrections: Corrections, trackId: string): string[] {
  const cuts = [...corrections.cut.keys()].filter((id) => trackOf(id) === trackId).sort((a, b) => startOf(a) - startOf(b));
  return [trackId, ...cuts];
}

/** Return the id of the part of a track from a time on; the parts of parts are named after the whole track, too. */
export function cutId(fragment: string, timeUs: number): string {
  return `${trackOf(fragment)}@${Math.round(timeUs)}`;
}

/** Return the number of the model's track that a fragment is part of. */
export function trackOf(fragment: string): string {
  return fragment.split('@', 1)[0];
}

/** Return the time from which a fragment lasts, 0 for a whole track. */
export function startOf(fragment: string): number {
  const at = fragment.lastIndexOf('@');
  return at < 0 ? 0 : Number(fragment.slice(at + 1));
}

/** Return the id that stands for a fragment and all that are joined with it; in a circle the earliest one. */
export function personOf(corrections: Corrections, fragment: string): string {
  const seen = [fragment];
  for (;;) {
    const next = corrections.track.get(seen[seen.length - 1])?.same_as;
    if (!next) return seen[seen.length - 1];
    if (seen.includes(next)) return seen.sort((a, b) => Number(trackOf(a)) - Number(trackOf(b)) || startOf(a) - startOf(b))[0];
    seen.push(next);
  }
}

/** Return who a fragment is: what a person said of the one that it is joined to in the end. */
export function identity(corrections: Corrections, fragment: string): TrackValue {
  const value = corrections.track.get(personOf(corrections, fragment)) ?? AS_MODEL;
  const player = value.player === null ? null : corrections.player.get(value.player);
  return { ...value, team: value.team ?? player?.team ?? null };
}

/** Return the fragments that are joined to a person. */
export function joinedTo(corrections: Corrections, person: string): string[] {
  return [...corrections.track].filter(([id, value]) => value.same_as && id !== person && personOf(corrections, id) === person)
    .map(([id]) => id);
}
