import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applied, noCorrections, type Corrections } from '../src/review/model/corrections';
import { fragmentAt, fragmentsOf, identity, joinedTo, personOf } from '../src/review/model/identity';
import { boxed, described, joinedWith, reviewedSpans, reviewedUpTo, separated, split, withReviewed } from '../src/review/model/trackedits';
import { peopleOf, type Track } from '../src/shared/tracks';
import type { Change } from '../src/review/model/values';

function after(...steps: Array<(corrections: Corrections) => Change[]>): Corrections {
  return steps.reduce((corrections, step) => applied(corrections, step(corrections)), noCorrections());
}

test('a split names the part from then on after the whole track, also when a part is split', () => {
  const corrections = after((c) => split(c, '7', 12e6), (c) => split(c, '7', 20e6), (c) => split(c, '7', 15e6));
  assert.deepEqual(fragmentsOf(corrections, '7'), ['7', '7@12000000', '7@15000000', '7@20000000']);
  assert.equal(fragmentAt(corrections, '7', 11_999_999), '7');
  assert.equal(fragmentAt(corrections, '7', 12e6), '7@12000000');
  assert.equal(fragmentAt(corrections, '7', 30e6), '7@20000000');
  assert.deepEqual(split(corrections, '7', 15e6), []);
  assert.deepEqual(fragmentsOf(corrections, '70'), ['70']);
});

test('joined fragments are one person, who keeps what either was known as', () => {
  const corrections = after(
    (c) => described(c, '9', { player: 'pl-000007', team: 'A' }),
    (c) => joinedWith(c, '9', '4'),
    (c) => joinedWith(c, '11', '9'),
  );
  assert.equal(personOf(corrections, '11'), '4');
  assert.equal(identity(corrections, '11').player, 'pl-000007');
  assert.deepEqual(joinedTo(corrections, '4').sort(), ['11', '9']);
  assert.deepEqual(joinedWith(corrections, '4', '11'), []);
  const alone = applied(corrections, separated(corrections, '11'));
  assert.equal(personOf(alone, '11'), '11');
  assert.equal(alone.track.has('11'), false);
});

test('a circle of joins ends at the earliest fragment', () => {
  const corrections = after((c) => [
    { what: 'track', id: '12', before: null, after: { role: null, team: null, player: null, same_as: '5' } },
    { what: 'track', id: '5', before: null, after: { role: null, team: null, player: null, same_as: '12' } },
    ...described(c, '99', {}),
  ]);
  assert.equal(personOf(corrections, '12'), '5');
  assert.equal(personOf(corrections, '5'), '5');
});

test('the team of a named player is that of the track', () => {
  const corrections = after(
    () => [{ what: 'player', id: 'pl-000001', before: null, after: { name: 'Anna', number: 7, team: 'B' } }],
    (c) => described(c, '3', { player: 'pl-000001' }),
  );
  assert.equal(identity(corrections, '3').team, 'B');
});

test('boxes are rounded to a tenth of a pixel, nobody is null', () => {
  assert.deepEqual(boxed(noCorrections(), '7', 3, [1.23, 2.26, 3, 4])[0].after, { box_xyxy: [1.2, 2.3, 3, 4] });
  assert.deepEqual(boxed(noCorrections(), '7', 3, null)[0], { what: 'box', id: '7:3', before: null, after: { box_xyxy: null } });
});

test('reviewed parts grow from the last mark', () => {
  const corrections = after((c) => reviewedUpTo(c, 10e6), (c) => withReviewed(c, [...reviewedSpans(c), [20e6, 30e6]]), (c) => reviewedUpTo(c, 15e6));
  assert.deepEqual(reviewedSpans(corrections), [[0, 15e6], [20e6, 30e6]]);
  assert.deepEqual(reviewedUpTo(corrections, 25e6), []);
  assert.equal(after((c) => withReviewed(c, [])).reviewed.size, 0);
});

test('players are counted, not tracks', () => {
  const moved = { distance: 10, top: 5, sprints: 1, known: 4, bands: [1, 3] };
  const track = (id: number, person: number | null, seen: number, more = {}): Track => (
    { id, person, seen, label: 2, name: null, moved, ...more } as Track
  );
  const rows = peopleOf([track(1, 1, 3), track(2, 1, 8), track(3, 2, 5), track(4, null, 1), track(5, null, 9, { label: 0 })]);
  assert.deepEqual(rows.map(({ id, seen }) => [id, seen]), [[2, 11], [3, 5]]);
  assert.deepEqual(rows[0].moved, { distance: 20, top: 5, sprints: 2, known: 8, bands: [2, 6] });
  assert.equal(peopleOf([track(1, null, 3), track(2, null, 8)]).length, 2);
  assert.deepEqual(peopleOf([track(1, 1, 3), track(6, null, 2, { name: 'Zoë' })]).map(({ id }) => id), [1, 6]);
});
