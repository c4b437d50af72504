// From a key to what it does.

import { actionOf, chordOf, type Action } from '../model/keymap';
import type { Desk } from '../state/desk';
import { dialog } from '../state/dialogs';
import { announce } from '../state/announce';
import { timelineView } from '../state/timelineview';
import * as edit from './edit';
import * as people from './people';
import * as play from './play';
import * as review from './review';

const TABLE: Record<Action, (desk: Desk) => void> = {
  play: play.play, backward: play.backward, stop: play.stop, forward: play.forward, loop: play.loop, mute: play.mute,
  slower: (desk) => play.speed(desk, -1), faster: (desk) => play.speed(desk, 1),
  'frame-back': (desk) => play.frames(desk, -1), 'frame-on': (desk) => play.frames(desk, 1),
  'frames-back': (desk) => play.frames(desk, -10), 'frames-on': (desk) => play.frames(desk, 10),
  'second-back': (desk) => play.seconds(desk, -1), 'second-on': (desk) => play.seconds(desk, 1),
  'to-start': play.toStart, 'to-end': play.toEnd, 'go-to': () => { dialog.value = 'go-to'; },
  next: (desk) => review.neighbour(desk, 1), previous: (desk) => review.neighbour(desk, -1),
  accept: review.accept, reject: review.reject, unreview: review.unreview, reviewed: review.reviewed,
  undo: review.undo, redo: review.redo,
  here: edit.setHere, earlier: (desk) => edit.nudge(desk, -1), later: (desk) => edit.nudge(desk, 1),
  'span-start': (desk) => edit.edge(desk, 'start'), 'span-end': (desk) => edit.edge(desk, 'end'),
  player: (desk) => want(desk, 'player'), note: (desk) => want(desk, 'note'), team: edit.nextTeam,
  visible: edit.visible, copy: edit.copy, paste: edit.paste, deselect: edit.deselect, point: startPoint,
  'zoom-in': (desk) => timelineView.value?.zoomAt(0.5, desk.playback.time.value),
  'zoom-out': (desk) => timelineView.value?.zoomAt(2, desk.playback.time.value),
  'zoom-all': () => timelineView.value?.fit(),
  overlay: people.overlay, radar: people.radar, join: people.startJoin, split: people.split,
  'no-box': (desk) => people.setBox(desk, null),
  help: () => { dialog.value = dialog.value === 'help' ? null : 'help'; },
};

export function run(desk: Desk, action: Action): void {
  TABLE[action](desk);
}

/** Do what a key press means; return whether it meant anything. */
export function onKey(desk: Desk, event: KeyboardEvent): boolean {
  const chord = chordOf(event);
  const action = actionOf(chord);
  if (action === 'copy' && window.getSelection()?.toString()) return false;   // text that is marked is copied as text
  if (action) {
    run(desk, action);
    return true;
  }
  const add = chord.startsWith('Shift+');
  const key = add ? chord.slice('Shift+'.length) : chord;
  const label = desk.labels.value.find((one) => one.key === key);
  if (!label) return false;
  edit.chooseClass(desk, label.name, add);
  return true;
}

function want(desk: Desk, field: 'player' | 'note'): void {
  if (!desk.selected.value) announce('Select an event first');
  else [desk.tab.value, desk.wanted.value] = ['events', field];
}

function startPoint(desk: Desk): void {
  if (!desk.selected.value) {
    announce('Select an event first');
    return;
  }
  desk.picking.value = desk.picking.value === 'point' ? null : 'point';
  announce(desk.picking.value ? 'Click where it happened; Esc ends it' : 'No point');
}
