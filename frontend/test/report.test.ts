import assert from 'node:assert/strict';
import { test } from 'node:test';
import { playerWords, whoWords } from '../src/report/about';
import type { ReportEvent } from '../src/report/data';
import { shareInPlay } from '../src/report/playlane';

function event(changes: Partial<ReportEvent>): ReportEvent {
  return { label: 'PASS', team: null, player: null, details: null, ...changes } as ReportEvent;
}

test('a number of a track is said to be one, a name is not', () => {
  assert.equal(playerWords('12'), 'no. 12');
  assert.equal(playerWords('10 Smith'), '10 Smith');
  assert.equal(playerWords(null), '');
});

test('who played the ball to whom', () => {
  const names = { A: 'Reds' };
  assert.equal(whoWords(event({ team: 'A', player: '3', details: { receiver: 7 } }), names), 'no. 3 → no. 7, Reds');
  assert.equal(whoWords(event({ team: 'B', player: 'Smith' }), names), 'Smith, B');
  assert.equal(whoWords(event({}), names), '');
});

test('the share in play is that of the known time', () => {
  assert.equal(shareInPlay([[0, 3e6, true, 0.9], [5e6, 6e6, false, 0.8]]), 0.75);
  assert.equal(shareInPlay([]), 0);
});
