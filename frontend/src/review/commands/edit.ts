// Commands that change the selected event, or make a new one.

import * as edits from '../model/edits';
import type { ReviewEvent } from '../model/events';
import { playerName, teamName } from '../model/names';
import type { EventValue } from '../model/values';
import type { Desk } from '../state/desk';
import { announce } from '../state/announce';
import { clockOf, eventWords } from '../state/words';
import { here } from './play';

/** A class was chosen by key or button: give it to the open span, add an event, or relabel the selected one. */
export function chooseClass(desk: Desk, label: string, add = false): void {
  const event = desk.selected.value;
  if (desk.openSpan.value) addSpan(desk, label);
  else if (add || !event || adds(desk)) addHere(desk, label);
  else change(desk, { label, state: 'accepted' }, `${label} instead of ${event.label} at ${clockOf(event.start_us)}`);
}

/** While the video plays, but not in the loop of an event, a class key adds an event. */
export function adds(desk: Desk): boolean {
  return !desk.playback.paused.value && desk.playback.loop.value === null;
}

function addHere(desk: Desk, label: string): void {
  addEvent(desk, { label, start_us: desk.playback.timeUs }, `${label} added at ${here(desk)}`);
}

function addSpan(desk: Desk, label: string): void {
  const span = desk.openSpan.value!;
  const end = Math.max(span.end ?? desk.playback.timeUs, span.start);
  if (addEvent(desk, { label, start_us: span.start, end_us: end > span.start ? end : null }, `${label} added from ${clockOf(span.start)} to ${clockOf(end)}`)) {
    desk.openSpan.value = null;
  }
}

export function addEvent(desk: Desk, event: edits.NewEvent, said: string): boolean {
  const id = edits.newEventId();
  const done = desk.do(edits.added(desk.corrections.value, id, { half: halfAt(desk, event.start_us), ...event }), said);
  if (done) desk.selectedId.value = id;
  return done;
}

/** Return the half of the nearest event of the model before a time. */
function halfAt(desk: Desk, us: number): number {
  const before = desk.events.value.findLast((event) => event.model && event.start_us <= us);
  return before?.half ?? desk.events.value.find((event) => event.model)?.half ?? 1;
}

/** Change properties of the selected event. */
export function change(desk: Desk, patch: Partial<EventValue>, said: string): void {
  withSelected(desk, (event) => desk.do(edits.edited(desk.corrections.value, [event], patch), said));
}

export function setHere(desk: Desk): void {
  moveTo(desk, desk.playback.timeUs);
}

/** Move the selected event by frames of the video, and show where it is now. */
export function nudge(desk: Desk, frames: 1 | -1): void {
  withSelected(desk, (event) => {
    const { clock } = desk.playback;
    const landing = clock.value.step(event.start_us / 1e6, frames);
    if (landing) moveTo(desk, Math.round(landing.shown * 1e6));
  });
}

export function moveTo(desk: Desk, us: number): void {
  withSelected(desk, (event) => {
    if (desk.do(edits.moved(desk.corrections.value, event, us), `${event.label} moved to ${clockOf(us)}`)) desk.playback.seekUs(us);
  });
}

/** `[` and `]`: the selected event starts or ends here; without one a span is opened that waits for its class. */
export function edge(desk: Desk, which: 'start' | 'end'): void {
  const us = desk.playback.timeUs;
  const event = desk.selected.value;
  if (event && !(which === 'start' && adds(desk))) {
    desk.do(edits.bounded(desk.corrections.value, event, which, us), `${event.label} ${which}s at ${clockOf(us)}`);
    return;
  }
  const open = desk.openSpan.value;
  if (which === 'end' && !open) {
    announce('Press [ where it starts, or select an event first');
    return;
  }
  desk.selectedId.value = null;
  desk.openSpan.value = which === 'start' ? { start: us, end: null } : { start: open!.start, end: us };
  announce(which === 'start' ? `A span starts at ${clockOf(us)}: press ] at its end, then a class` : 'Now press the key of its class');
}

export function visible(desk: Desk): void {
  withSelected(desk, (event) => change(desk, { visible: !event.visible }, event.visible ? 'Not shown in the picture' : 'Visible in the picture'));
}

export function setTeam(desk: Desk, team: string | null): void {
  change(desk, { team }, team === null ? 'No team' : `Team ${teamName(desk.teams.value, team)}`);
}

export function setPlayer(desk: Desk, player: string | null): void {
  withSelected(desk, (event) => {
    const known = desk.players.value.find((one) => one.id === player);
    const patch = { player, team: known?.team ?? event.team };
    change(desk, patch, player === null ? 'No player' : `Player ${playerName(desk.players.value, player)}`);
  });
}

/** Give the next team to the selected event: none, first, second, none. */
export function nextTeam(desk: Desk): void {
  withSelected(desk, (event) => {
    const ids = [null, ...desk.teams.value.map((team) => team.id)];
    setTeam(desk, ids[(ids.indexOf(event.team) + 1) % ids.length]);
  });
}

let clipboard: EventValue | null = null;

export function copy(desk: Desk): void {
  withSelected(desk, (event) => {
    clipboard = edits.valueFrom(event);
    announce(`${eventWords(event)} copied`);
  });
}

export function paste(desk: Desk): void {
  if (!clipboard) announce('Copy an event first');
  else addEvent(desk, { ...clipboard, ...edits.pasted(clipboard, desk.playback.timeUs) }, `${clipboard.label} pasted at ${here(desk)}`);
}

export function deselect(desk: Desk): void {
  desk.openSpan.value = null;
  desk.picking.value = null;
  desk.wanted.value = null;
  desk.selectedId.value = null;
  desk.people.selected.value = null;
}

function withSelected(desk: Desk, use: (event: ReviewEvent) => void): void {
  const event = desk.selected.value;
  if (event) use(event); else announce('Select an event first');
}
