import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionOf, chordOf, CLASS_KEYS, KEYS, shownChord, type Pressed } from '../src/review/model/keymap';
import { keyTrouble, styledLabels, unlisted } from '../src/review/model/labels';

function press(key: string, code = '', held: Partial<Pressed> = {}): Pressed {
  return { key, code, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...held };
}

const label = (name: string, key: string | null = null) => ({ name, colour: null, key, lead_us: 0, lag_us: 0 });

test('no chord has two meanings', () => {
  const chords = KEYS.flatMap((info) => [...info.keys]);
  assert.equal(new Set(chords).size, chords.length);
});

test('chords come from keys as people press them', () => {
  assert.equal(chordOf(press(' ')), 'Space');
  assert.equal(chordOf(press('z')), 'Z');
  assert.equal(chordOf(press('Z', 'KeyZ', { shiftKey: true })), 'Shift+Z');
  assert.equal(chordOf(press('z', 'KeyZ', { metaKey: true })), 'Ctrl+Z');
  assert.equal(chordOf(press('ArrowLeft', 'ArrowLeft', { shiftKey: true })), 'Shift+ArrowLeft');
  assert.equal(chordOf(press('!', 'Digit1', { shiftKey: true })), 'Shift+1');
  assert.equal(chordOf(press('?', 'Slash', { shiftKey: true })), '?');
  assert.equal(chordOf(press('[', 'Digit8', { ctrlKey: true, altKey: true })), '[');
});

test('the keys of the specification do what it says', () => {
  const wanted = {
    Space: 'play', J: 'backward', K: 'stop', L: 'forward', ArrowRight: 'frame-on', 'Shift+ArrowRight': 'frames-on',
    'Ctrl+ArrowRight': 'second-on', N: 'next', P: 'previous', A: 'accept', X: 'reject', T: 'here', '[': 'span-start',
    ']': 'span-end', Z: 'undo', 'Shift+Z': 'redo', C: 'note', G: 'player', ',': 'slower', '.': 'faster', Enter: 'loop', '?': 'help',
    R: 'reviewed',
  };
  for (const [chord, action] of Object.entries(wanted)) assert.equal(actionOf(chord), action, chord);
});

test('classes get digits first and never a key that has a meaning', () => {
  assert.deepEqual(CLASS_KEYS.slice(0, 9), [...'123456789']);
  for (const key of CLASS_KEYS) assert.equal(actionOf(key), null);
  assert.ok(CLASS_KEYS.length >= 17, 'enough for the largest set of labels');
});

test('own keys are kept, taken and forbidden ones are replaced', () => {
  const keys = styledLabels([label('PASS', 's'), label('SHOT', 'S'), label('GOAL', 'a'), label('OUT')]).map(({ key }) => key);
  assert.deepEqual(keys, ['S', '1', '2', '3']);
});

test('a key that cannot be given says why', () => {
  const set = [label('PASS', 'S'), label('SHOT')];
  assert.equal(keyTrouble(set, 'PASS', 's'), '');
  assert.match(keyTrouble(set, 'SHOT', 's'), /PASS/);
  assert.match(keyTrouble(set, 'SHOT', 'a'), /another meaning/);
});

test('classes that only events have are added', () => {
  assert.deepEqual(unlisted([label('PASS')], ['SHOT', 'PASS', 'SHOT']).map(({ name }) => name), ['SHOT']);
});

test('keys are shown with signs', () => {
  assert.equal(shownChord('Shift+ArrowLeft'), '⇧ ←');
});
