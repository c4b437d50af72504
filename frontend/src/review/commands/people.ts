// Commands on tracks, teams and players.

import { changeOf } from '../model/corrections';
import { newPlayerId } from '../model/edits';
import { personOf, trackOf } from '../model/identity';
import { parsePlayer, playerName, playersOf, playerTrouble, type Player } from '../model/names';
import * as tracks from '../model/trackedits';
import type { Box, Change, TeamValue, TrackValue } from '../model/values';
import type { Desk } from '../state/desk';
import { announce } from '../state/announce';
import { clockOf } from '../state/words';
import { showBoxes, showRadar } from '../state/settings';

export function overlay(): void {
  showBoxes.value = !showBoxes.value;
  announce(showBoxes.value ? 'Boxes and names shown' : 'Boxes and names hidden');
}

export function radar(): void {
  showRadar.value = !showRadar.value;
  announce(showRadar.value ? 'Radar shown' : 'Radar hidden');
}

/** A person was clicked: select it, or join the selected one with it. */
export function pick(desk: Desk, fragment: string): void {
  const { people } = desk;
  if (desk.picking.value === 'join' && people.selected.value !== null) {
    join(desk, people.selected.value, fragment);
    return;
  }
  people.selected.value = people.selected.value === fragment ? null : fragment;
  if (people.selected.value !== null) desk.tab.value = 'players';
}

export function startJoin(desk: Desk): void {
  if (desk.people.selected.value === null) {
    announce('Select a player first');
    return;
  }
  desk.picking.value = 'join';
  announce('Now pick the same player elsewhere: on the picture or in the list. Esc ends it');
}

export function join(desk: Desk, fragment: string, other: string): void {
  desk.picking.value = null;
  const changes = tracks.joinedWith(desk.corrections.value, other, fragment);
  if (!changes.length) {
    announce('These are one player already');
    return;
  }
  const both = togetherAt(desk, fragment, other);
  desk.do(changes, both === null ? 'Joined: both tracks are one player now'
    : `Joined, but both are in the picture at ${clockOf(both * 1e6, 1)}; only one box is kept there. Z takes it back`);
}

/** Return a time at which two people are both in the picture, in seconds, or null. */
function togetherAt(desk: Desk, fragment: string, other: string): number | null {
  const { people } = desk;
  const [own, others] = [fragment, other].map((id) => people.partsOf(personOf(desk.corrections.value, id)));
  for (const a of own) {
    const clash = others.find((b) => b.start < a.end && a.start < b.end);
    if (clash) return Math.max(a.start, clash.start);
  }
  return null;
}

export function separate(desk: Desk, fragment: string): void {
  desk.do(tracks.separated(desk.corrections.value, fragment), 'Taken apart again');
}

export function split(desk: Desk): void {
  const { selected } = desk.people;
  if (selected.value === null) {
    announce('Select a player first');
    return;
  }
  const sight = desk.people.selectedAt(desk.playback.time.value);
  if (!sight) {
    announce('The selected player is not in this picture');
    return;
  }
  const changes = tracks.split(desk.corrections.value, trackOf(sight.fragment), desk.playback.timeUs);
  if (!desk.do(changes, 'Split: from here on it is another player')) return;
  selected.value = changes[0].id;
}

export function describe(desk: Desk, fragment: string, patch: Partial<TrackValue>, said: string): void {
  desk.do(tracks.described(desk.corrections.value, fragment, patch), said);
}

/** Correct the box of the selected person in the shown frame; null: nobody is there. */
export function setBox(desk: Desk, box: Box | null): void {
  const sight = desk.people.selectedAt(desk.playback.time.value);
  const frame = desk.playback.frame.value;
  if (!sight || frame === null) announce('Select a player in the picture first');
  else desk.do(tracks.boxed(desk.corrections.value, trackOf(sight.fragment), frame, box), box ? 'Box corrected' : 'Nobody is there in this frame');
}

export function setTeam(desk: Desk, id: string, value: TeamValue): void {
  desk.do([changeOf(desk.corrections.value, 'team', id, value)], `Team ${value.name}`);
}

export function setPlayer(desk: Desk, { id, ...value }: Player): void {
  desk.do([changeOf(desk.corrections.value, 'player', id, value)], `Player ${playerName([{ id, ...value }], id)}`);
}

/** Return whether what was typed for a player can be kept; announces why it cannot. */
export function isPlayer(text: string): boolean {
  const trouble = playerTrouble(text);
  if (trouble) announce(trouble);
  return !trouble;
}

/** Return the player that a typed text names, and the change that makes it if nobody has that number or name yet. */
export function playerFrom(desk: Desk, text: string, team: string | null): { id: string; changes: Change[] } | null {
  const typed = parsePlayer(text);
  if (!typed) return null;
  const found = playersOf(desk.corrections.value).find((player) => fits(player, typed, team));
  if (found) return { id: found.id, changes: [] };
  const id = newPlayerId();
  return { id, changes: [changeOf(desk.corrections.value, 'player', id, { ...typed, team })] };
}

function fits(player: Player, typed: { name: string; number: number | null }, team: string | null): boolean {
  const sameTeam = team === null || player.team === null || player.team === team;
  const sameNumber = typed.number === null || player.number === typed.number;
  const sameName = !typed.name || player.name.toLowerCase() === typed.name.toLowerCase();
  return sameTeam && sameNumber && sameName;
}
