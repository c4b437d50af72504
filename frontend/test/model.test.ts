import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applied, changeOf, fits, inverted, noCorrections, same, valueOf, type Corrections } from '../src/review/model/corrections';
import { accepted, acceptedAbove, added, bounded, edited, moved, pasted, rejected, reset, valueFrom } from '../src/review/model/edits';
import { correctedEvents, eventCache, type ModelEvent, type ReviewEvent } from '../src/review/model/events';
import type { Change } from '../src/review/model/values';

const model = (id: string, start_us: number, confidence: number, label = 'PASS'): ModelEvent =>
  ({ id, label, start_us, end_us: null, confidence, team: null, player: null, half: 1, visible: true, source: 'm' });

const MODEL = [model('a', 1e6, 0.9), model('b', 2e6, 0.5), model('c', 3e6, 0.2, 'SHOT')];

function eventsAfter(corrections: Corrections): ReviewEvent[] {
  return correctedEvents(MODEL, corrections, eventCache(MODEL));
}

function after(...steps: Array<(c: Corrections, events: ReviewEvent[]) => Change[]>): { corrections: Corrections; events: ReviewEvent[] } {
  let corrections = noCorrections();
  for (const step of steps) corrections = applied(corrections, step(corrections, eventsAfter(corrections)));
  return { corrections, events: eventsAfter(corrections) };
}

const byId = (events: readonly ReviewEvent[], id: string): ReviewEvent => events.find((event) => event.id === id)!;

test('an event without an entry is unreviewed; accepting keeps its values', () => {
  const { events } = after((c, found) => accepted(c, [byId(found, 'b')]));
  assert.deepEqual(events.map((event) => event.state), ['unreviewed', 'accepted', 'unreviewed']);
  assert.equal(byId(events, 'b').confidence, 0.5);
});

test('changes are taken back in reverse order', () => {
  const first = changeOf(noCorrections(), 'threshold', 'PASS', { value: 0.3 });
  const once = applied(noCorrections(), [first]);
  const second = changeOf(once, 'threshold', 'PASS', { value: 0.4 });
  const twice = applied(once, [second]);
  assert.deepEqual(valueOf(applied(twice, inverted([first, second])), 'threshold', 'PASS'), null);
});

test('applying changes leaves the old state and untouched kinds as they are', () => {
  const before = noCorrections();
  const next = applied(before, [changeOf(before, 'team', 'A', { name: 'Reds', colour: null })]);
  assert.equal(before.team.size, 0);
  assert.equal(next.event, before.event);
});

test('a change fits only while the value is the one it started from', () => {
  const change = changeOf(noCorrections(), 'threshold', 'PASS', { value: 0.3 });
  assert.ok(fits(noCorrections(), [change]));
  assert.ok(!fits(applied(noCorrections(), [change]), [change]));
});

test('equality of values ignores the order of keys', () => {
  assert.ok(same({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }));
  assert.ok(!same({ a: 1 }, { a: 1, b: 2 }));
  assert.ok(!same([1, 2], [2, 1]));
});

test('rejecting keeps a model event as rejected and deletes one that a person made', () => {
  const { events } = after(
    (c) => added(c, 'p-000000000001', { label: 'GOAL', start_us: 5e6 }),
    (c, found) => rejected(c, [byId(found, 'a'), byId(found, 'p-000000000001')]),
  );
  assert.equal(byId(events, 'a').state, 'rejected');
  assert.equal(byId(events, 'p-000000000001'), undefined);
});

test('a rejected event that is relabelled alone stays rejected; set to a time it is accepted', () => {
  const { events } = after(
    (c, found) => rejected(c, [byId(found, 'a')]),
    (c, found) => moved(c, byId(found, 'a'), 1.5e6),
  );
  assert.equal(byId(events, 'a').state, 'accepted');
  assert.equal(byId(events, 'a').start_us, 1_500_000);
});

test('events stay in order of time after a move', () => {
  const { events } = after((c, found) => moved(c, byId(found, 'a'), 2.5e6));
  assert.deepEqual(events.map((event) => event.id), ['b', 'a', 'c']);
});

test('moving a span keeps its length; an end at or before the start makes it a point', () => {
  const { corrections, events } = after(
    (c, found) => bounded(c, byId(found, 'a'), 'end', 1.8e6),
    (c, found) => moved(c, byId(found, 'a'), 2e6),
  );
  assert.equal(byId(events, 'a').end_us, 2_800_000);
  const point = applied(corrections, bounded(corrections, byId(events, 'a'), 'end', 1e6));
  assert.equal(byId(eventsAfter(point), 'a').end_us, null);
});

test('accepting all above a threshold is one list of changes, of one class and only of the unreviewed', () => {
  const { corrections, events } = after((c, found) => rejected(c, [byId(found, 'a')]));
  const changes = acceptedAbove(corrections, events, 'PASS', 0.4);
  assert.deepEqual(changes.map((change) => change.id), ['b']);
});

test('back to the model removes the entry', () => {
  const { corrections } = after(
    (c, found) => edited(c, [byId(found, 'b')], { team: 'A' }),
    (c, found) => reset(c, found),
  );
  assert.equal(corrections.event.size, 0);
});

test('a pasted event keeps team, player, note and length', () => {
  const { corrections, events } = after((c, found) => edited(c, [byId(found, 'a')], { team: 'A', player: '7', note: 'n', end_us: 1.4e6 }));
  const value = { label: 'x', start_us: 0, ...pasted(valueFrom(byId(events, 'a')), 9e6) };
  const next = applied(corrections, added(corrections, 'p-00000000000a', value));
  const copy = byId(eventsAfter(next), 'p-00000000000a');
  assert.deepEqual([copy.label, copy.team, copy.player, copy.note, copy.start_us, copy.end_us], ['PASS', 'A', '7', 'n', 9e6, 9.4e6]);
});

test('a value never holds half of an event', () => {
  const { corrections } = after((c) => added(c, 'p-000000000001', { label: 'GOAL', start_us: 5e6 }));
  assert.deepEqual(Object.keys(corrections.event.get('p-000000000001')!).sort(), [
    'confidence', 'end_us', 'half', 'label', 'lag_us', 'lead_us', 'note', 'player', 'point_m', 'point_px', 'start_us', 'state', 'team', 'visible',
  ]);
});
