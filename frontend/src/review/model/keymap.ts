// The keys of the review tool: which key does what, in one list that also makes the help and the marks on buttons.

export interface KeyInfo {
  action: string;
  /** Chords, the one to show first: "Shift+ArrowLeft", "Ctrl+Z", "A", "?". */
  keys: readonly string[];
  title: string;
  group: 'Play' | 'Step' | 'Review' | 'Edit' | 'Timeline' | 'Players' | 'Window';
}

const key = (group: KeyInfo['group'], action: string, keys: string, title: string): KeyInfo =>
  ({ group, action, keys: keys.split(' '), title });

export const KEYS = [
  key('Play', 'play', 'Space', 'Play or pause'),
  key('Play', 'backward', 'J', 'Play backwards; again: twice as fast'),
  key('Play', 'stop', 'K', 'Stop'),
  key('Play', 'forward', 'L', 'Play; again: twice as fast'),
  key('Play', 'slower', ',', 'Slower'),
  key('Play', 'faster', '.', 'Faster'),
  key('Play', 'loop', 'Enter', 'Play the selected event in a loop'),
  key('Play', 'mute', 'Shift+M', 'Sound on or off'),
  key('Step', 'frame-back', 'ArrowLeft', 'One frame back'),
  key('Step', 'frame-on', 'ArrowRight', 'One frame on'),
  key('Step', 'frames-back', 'Shift+ArrowLeft', 'Ten frames back'),
  key('Step', 'frames-on', 'Shift+ArrowRight', 'Ten frames on'),
  key('Step', 'second-back', 'Ctrl+ArrowLeft', 'One second back'),
  key('Step', 'second-on', 'Ctrl+ArrowRight', 'One second on'),
  key('Step', 'to-start', 'Home', 'To the first frame'),
  key('Step', 'to-end', 'End', 'To the last frame'),
  key('Step', 'go-to', 'F', 'Go to a frame or a time'),
  key('Review', 'next', 'N ArrowDown', 'Next in the list'),
  key('Review', 'previous', 'P ArrowUp', 'Previous in the list'),
  key('Review', 'accept', 'A', 'Accept'),
  key('Review', 'reject', 'X Delete', 'Reject'),
  key('Review', 'unreview', 'Backspace', 'Back to what the model found'),
  key('Review', 'reviewed', 'R', 'All is right from the last mark to here: mark this part as reviewed'),
  key('Review', 'undo', 'Z Ctrl+Z', 'Undo'),
  key('Review', 'redo', 'Shift+Z Ctrl+Shift+Z Ctrl+Y', 'Redo'),
  key('Edit', 'here', 'T', 'Set the time of the event to the shown frame'),
  key('Edit', 'earlier', '< Alt+ArrowLeft', 'Move the event one frame earlier'),
  key('Edit', 'later', '> Alt+ArrowRight', 'Move the event one frame later'),
  key('Edit', 'span-start', '[', 'The event starts here'),
  key('Edit', 'span-end', ']', 'The event ends here'),
  key('Edit', 'player', 'G', 'Player'),
  key('Edit', 'team', 'Shift+G', 'Team'),
  key('Edit', 'visible', 'V', 'Visible or not shown'),
  key('Edit', 'note', 'C', 'Comment'),
  key('Edit', 'point', 'Shift+P', 'Point on the picture: click where it happened'),
  key('Edit', 'copy', 'Ctrl+C', 'Copy the event'),
  key('Edit', 'paste', 'Ctrl+V', 'Paste it at the shown frame, with everything it has'),
  key('Edit', 'deselect', 'Escape', 'Let go of the event'),
  key('Timeline', 'zoom-in', '+ =', 'Zoom in'),
  key('Timeline', 'zoom-out', '-', 'Zoom out'),
  key('Timeline', 'zoom-all', '0', 'Show the whole video'),
  key('Players', 'overlay', 'O', 'Boxes and names on the picture'),
  key('Players', 'radar', 'Shift+O', 'Radar'),
  key('Players', 'join', 'Shift+J', 'Join the selected player with the one picked next'),
  key('Players', 'split', 'Shift+S', 'Split the selected track at the shown frame'),
  key('Players', 'no-box', 'Shift+X', 'Nobody is in the selected box'),
  key('Window', 'help', '?', 'All keys'),
] as const satisfies readonly KeyInfo[];

export type Action = (typeof KEYS)[number]['action'];

const BY_CHORD = new Map<string, string>(KEYS.flatMap((info) => info.keys.map((chord): [string, string] => [chord, info.action])));

/** Keys that classes may have, in the order they are given out. */
export const CLASS_KEYS: readonly string[] = [
  ...'123456789', ...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('').filter((letter) => !BY_CHORD.has(letter)),
];

/** The parts of a keyboard event that matter here. */
export interface Pressed {
  key: string;
  code: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/** Return the chord of a key press: "A", "Shift+Z", "Ctrl+ArrowLeft", "?". Command counts as Ctrl. */
export function chordOf(pressed: Pressed): string {
  const sign = pressed.key.length === 1 && !/[a-z0-9 ]/i.test(pressed.key);
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(pressed.code);
  if (sign && !(pressed.shiftKey && digit && !'<>?'.includes(pressed.key))) return pressed.key;
  const name = digit ? digit[1] : pressed.key === ' ' ? 'Space' : pressed.key.length === 1 ? pressed.key.toUpperCase() : pressed.key;
  const held = [[pressed.ctrlKey || pressed.metaKey, 'Ctrl'], [pressed.altKey, 'Alt'], [pressed.shiftKey, 'Shift']] as const;
  return [...held.filter(([down]) => down).map(([, word]) => word), name].join('+');
}

export function actionOf(chord: string): Action | null {
  return (BY_CHORD.get(chord) as Action | undefined) ?? null;
}

/** Return the key of an action as buttons show it. */
export function keyName(action: Action): string {
  const info = KEYS.find((other) => other.action === action);
  return info ? shownChord(info.keys[0]) : '';
}

const NAMES: Record<string, string> = {
  ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓', Shift: '⇧', Escape: 'Esc', Backspace: '⌫', Delete: 'Del',
};

export function shownChord(chord: string): string {
  if (chord.length === 1) return chord;
  return chord.split('+').map((part) => NAMES[part] ?? part).join(' ');
}
