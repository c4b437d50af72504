// Which events a request for clips means.

import type { ClipsPost } from '../types';
import { NOBODY, type Filters } from './queue';

/** Return the request that fits the filters of the list, as far as they say what happened; what is left to review is no choice of clips. */
export function fromFilters({ label, team, player, state }: Filters): ClipsPost {
  const one = (id: string): string[] => (id && id !== NOBODY ? [id] : []);
  return { labels: one(label), players: one(player), teams: one(team), reviewed: state === 'accepted', merge: true, clips: true };
}

export function matchesPost(event: { label: string; player: string | null; team: string | null; confidence: number; state: string }, wanted: ClipsPost): boolean {
  const among = (list: string[] | undefined, value: string | null): boolean => !list?.length || (value !== null && list.includes(value));
  return among(wanted.labels, event.label) && among(wanted.players, event.player) && among(wanted.teams, event.team)
    && event.confidence >= (wanted.min_confidence ?? 0) && (!wanted.reviewed || event.state === 'accepted');
}
