// Teams and players in words.

import type { Corrections } from './corrections';
import { MAX_SHIRT_NUMBER } from '../types';
import type { PlayerValue, TeamValue } from './values';

export interface Team extends TeamValue { id: string }
export interface Player extends PlayerValue { id: string }

/** Return the teams: those of the video, with the names and colours that a person gave, and any others. */
export function teamsOf(known: readonly Team[], corrections: Corrections): Team[] {
  const given = known.map((team) => ({ ...team, ...corrections.team.get(team.id) }));
  const ids = new Set(known.map((team) => team.id));
  return [...given, ...[...corrections.team].filter(([id]) => !ids.has(id)).map(([id, value]) => ({ id, ...value }))];
}

/** Return the players that a person named, by team, number and name. */
export function playersOf(corrections: Corrections): Player[] {
  const rank = (player: Player): string => `${player.team ?? '~'} ${String(player.number ?? MAX_SHIRT_NUMBER + 1).padStart(3, '0')} ${player.name}`;
  return [...corrections.player].map(([id, value]) => ({ id, ...value })).sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

/** Format a player: "7 Anna", "7", "Anna"; an id that nobody named stands for itself. */
export function playerName(players: readonly Player[], id: string | null): string {
  if (id === null) return '';
  const found = players.find((player) => player.id === id);
  if (!found) return id;
  return [found.number === null ? '' : String(found.number), found.name].filter(Boolean).join(' ') || id;
}

export function teamName(teams: readonly Team[], id: string | null): string {
  if (id === null) return '';
  return teams.find((team) => team.id === id)?.name ?? id;
}

/** Read what a person typed for a player: "7", "7 Anna", "Anna", "#7". Null if it is empty. */
export function parsePlayer(text: string): { name: string; number: number | null } | null {
  const typed = text.trim();
  const parts = /^#?(\d+)(?:\s+(.*))?$/.exec(typed);
  if (!typed) return null;
  return parts ? { number: Number(parts[1]), name: parts[2] ?? '' } : { number: null, name: typed };
}

/** Return why what was typed for a player cannot be kept, in words; empty if it can. */
export function playerTrouble(text: string): string {
  const number = parsePlayer(text)?.number ?? 0;
  return number > MAX_SHIRT_NUMBER ? `${number} is not a number on a shirt; write 0 to ${MAX_SHIRT_NUMBER}, or a name` : '';
}

/** Return the players that fit what was typed, best first. */
export function suggested(players: readonly Player[], text: string, team: string | null): Player[] {
  const wanted = text.trim().toLowerCase();
  const fits = players.filter((player) => !wanted || String(player.number) === wanted
    || playerName([player], player.id).toLowerCase().includes(wanted));
  const rank = (player: Player): number => (String(player.number) === wanted ? 0 : 2) + (team && player.team !== team ? 1 : 0);
  return fits.sort((a, b) => rank(a) - rank(b));
}
