import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noCorrections } from '../src/review/model/corrections';
import { differences } from '../src/review/model/differences';
import { correctedEvents, eventCache, type EventState, type ReviewEvent } from '../src/review/model/events';
import { parseClock, parseTarget } from '../src/review/model/goto';
import { matches } from '../src/review/model/matching';
import { measure, wilson } from '../src/review/model/measure';
import { parsePlayer, playerTrouble, suggested } from '../src/review/model/names';
import { fromFilters } from '../src/review/model/clips';
import { afterLeaving, ALL, NOBODY, queueOf, surenessOf } from '../src/review/model/queue';
import { holds, joined, total, unreviewedUpTo, without } from '../src/review/model/spans';

function event(id: string, start_us: number, confidence: number, more: Partial<ReviewEvent> = {}): ReviewEvent {
  const own = { id, label: 'PASS', start_us, end_us: null, confidence, team: null, player: null, half: 1, visible: true };
  const [made] = correctedEvents([{ ...own, source: 'm' }], noCorrections(), eventCache([{ ...own, source: 'm' }]));
  return { ...made, ...more };
}

const at = (value: number) => (): number => value;
const ids = (events: readonly ReviewEvent[]): string => events.map((one) => one.id).join('');

test('the least sure is the one nearest to its threshold', () => {
  const events = [event('a', 1, 0.95), event('b', 2, 0.55), event('c', 3, 0.1), event('d', 4, 0.44)];
  assert.equal(ids(queueOf(events, ALL, at(0.5))), 'bdca');
  assert.equal(ids(queueOf(events, { ...ALL, order: 'most-sure' }, at(0.5))), 'acdb');
  assert.equal(ids(queueOf(events, { ...ALL, order: 'time' }, at(0.5))), 'abcd');
});

test('sureness is a share of the way from the threshold to 0 or 1', () => {
  assert.equal(surenessOf(event('a', 1, 0.9), 0.8).toFixed(6), '0.500000');
  assert.equal(surenessOf(event('a', 1, 0.4), 0.8).toFixed(6), '0.500000');
  assert.equal(surenessOf(event('a', 1, 0), 0), 0);
});

test('filters keep a class, a team, nobody, a half and a state', () => {
  const events = [
    event('a', 1, 0.9, { team: 'A', half: 1 }), event('b', 2, 0.5, { label: 'SHOT', half: 2 }), event('c', 3, 0.2, { state: 'accepted' }),
  ];
  const queue = (change: object): string => ids(queueOf(events, { ...ALL, order: 'time', state: 'all', ...change }, at(0.4)));
  assert.equal(queue({ label: 'SHOT' }), 'b');
  assert.equal(queue({ team: 'A' }), 'a');
  assert.equal(queue({ team: '-' }), 'bc');
  assert.equal(queue({ half: '2' }), 'b');
  assert.equal(queue({ state: 'unreviewed' }), 'ab');
  assert.equal(queue({ aboveThreshold: true }), 'abc');
  assert.equal(queue({ source: 'person' }), '');
});

test('after an event has left the queue the one that followed it is next', () => {
  const [a, b, c] = [event('a', 1, 0.9), event('b', 2, 0.5), event('c', 3, 0.2)];
  assert.equal(afterLeaving([a, b, c], [a, c], 'b')?.id, 'c');
  assert.equal(afterLeaving([a, b, c], [a, b], 'c')?.id, 'a');
  assert.equal(afterLeaving([a], [], 'a'), null);
});

test('Wilson intervals have their known values', () => {
  const { low, high } = wilson(8, 10);
  assert.equal(low.toFixed(4), '0.4902');
  assert.equal(high.toFixed(4), '0.9433');
  assert.deepEqual(wilson(0, 0), { hits: 0, of: 0, low: 0, high: 1 });
});

function reviewed(count: number, state: EventState, confidence: number, from: number): ReviewEvent[] {
  return Array.from({ length: count }, (_, i) => event(`${state}${from + i}`, (from + i) * 1e6, confidence, { state }));
}

test('precision and recall come from at least twenty reviewed events', () => {
  const events = [...reviewed(12, 'accepted', 0.8, 0), ...reviewed(4, 'accepted', 0.3, 20), ...reviewed(4, 'rejected', 0.7, 40)];
  const known = { events, truth: null, reviewedSpans: [] };
  const found = measure('PASS', 0.5, known);
  assert.deepEqual([found.above, found.all, found.unreviewed], [16, 20, 0]);
  assert.deepEqual([found.precision?.hits, found.precision?.of], [12, 16]);
  assert.deepEqual([found.recall?.hits, found.recall?.of], [12, 16]);
  assert.match(found.basis, /20 reviewed events.*too high/);
  assert.equal(measure('PASS', 0.5, { ...known, events: events.slice(1) }).precision, null);
});

test('recall counts events that a person added inside reviewed parts', () => {
  const own = event('p-1', 5.5e6, 1, { state: 'accepted', model: null });
  const events = [...reviewed(20, 'accepted', 0.8, 0), own];
  const found = measure('PASS', 0.5, { events, truth: null, reviewedSpans: [[0, 10e6]] });
  assert.deepEqual([found.recall?.hits, found.recall?.of], [10, 11]);
});

test('truth is matched within a second, each event once', () => {
  const events = [event('a', 1e6, 0.9), event('b', 1.4e6, 0.8), event('c', 9e6, 0.8)];
  const found = measure('PASS', 0.5, { events, truth: [{ label: 'PASS', start_us: 1.3e6 }, { label: 'SHOT', start_us: 9e6 }], reviewedSpans: [] });
  assert.deepEqual([found.precision?.hits, found.precision?.of, found.recall?.hits, found.recall?.of], [1, 3, 1, 1]);
});

test('matching prefers the nearest', () => {
  assert.deepEqual(matches([0, 10], [6, 11], 8), [[1, 1], [0, 0]]);
});

test('differences are missed, extra and of another class', () => {
  const one = (id: string, start_us: number, label = 'PASS') => ({ id, label, start_us });
  const found = differences([one('a', 1e6), one('b', 5e6), one('c', 9e6)], [one('A', 1.2e6), one('B', 5.1e6, 'SHOT'), one('D', 20e6)]);
  assert.deepEqual(found.map((d) => [d.kind, d.own?.id ?? null, d.other?.id ?? null]), [
    ['other class', 'b', 'B'], ['extra', 'c', null], ['missed', null, 'D'],
  ]);
});

test('spans join, lose a part, and know what comes next', () => {
  assert.deepEqual(joined([[5, 8], [0, 2], [2, 3], [4, 4]]), [[0, 3], [5, 8]]);
  assert.deepEqual(without([[0, 10]], [3, 5]), [[0, 3], [5, 10]]);
  assert.equal(total([[0, 3], [2, 5]]), 5);
  assert.ok(holds([[0, 3]], 0) && !holds([[0, 3]], 3));
  assert.deepEqual(unreviewedUpTo([[0, 3], [20, 30]], 10), [3, 10]);
  assert.deepEqual(unreviewedUpTo([], 10), [0, 10]);
  assert.deepEqual(unreviewedUpTo([[0, 30]], 10), [10, 10]);
});

test('a typed target is a frame or a time', () => {
  assert.deepEqual(parseTarget('120'), { frame: 120 });
  assert.deepEqual(parseTarget('#7'), { frame: 7 });
  assert.deepEqual(parseTarget('1:02:03,5'), { seconds: 3723.5 });
  assert.deepEqual(parseTarget('75.2'), { seconds: 75.2 });
  assert.equal(parseTarget('1:75'), null);
  assert.equal(parseTarget('soon'), null);
  assert.equal(parseClock('90'), 90);
});

test('a typed player is a number, a name or both', () => {
  assert.deepEqual(parsePlayer('7 Anna'), { number: 7, name: 'Anna' });
  assert.deepEqual(parsePlayer('#7'), { number: 7, name: '' });
  assert.deepEqual(parsePlayer(' Anna Lee '), { number: null, name: 'Anna Lee' });
  assert.equal(parsePlayer('  '), null);
  assert.deepEqual(parsePlayer('2Pac'), { number: null, name: '2Pac' });
  assert.deepEqual(parsePlayer('107'), { number: 107, name: '' });
});

test('numbers on shirts go from 0 to 99', () => {
  for (const text of ['0', '99 Anna', 'Anna 100', '']) assert.equal(playerTrouble(text), '');
  assert.equal(playerTrouble('100 Anna'), '100 is not a number on a shirt; write 0 to 99, or a name');
});

test('suggestions prefer the exact number, then the team', () => {
  const player = (id: string, number: number, team: string) => ({ id, number, name: '', team });
  const found = suggested([player('x', 17, 'A'), player('y', 7, 'B'), player('z', 71, 'B')], '7', 'A');
  assert.deepEqual(found.map(({ id }) => id), ['y', 'x', 'z']);
});

test('clips start from the filters that say what happened, not from what is left to review', () => {
  assert.deepEqual(fromFilters(ALL), { labels: [], players: [], teams: [], reviewed: false, merge: true, clips: true });
  const filters = { ...ALL, label: 'PASS', player: 'pl-00000a', team: NOBODY, state: 'accepted' as const };
  assert.deepEqual(fromFilters(filters), { labels: ['PASS'], players: ['pl-00000a'], teams: [], reviewed: true, merge: true, clips: true });
});
