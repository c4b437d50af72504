import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOTHING, after, labelsOf, latestFirst, type LiveEvent, type Message } from '../src/live/messages';

const event = (id: string, revision: number, more: Partial<LiveEvent> = {}): Message =>
  ({ type: 'event', id, revision, final: false, withdrawn: false, label: 'PASS', time_us: 1e6, confidence: 0.5, latency_s: null, ...more });

test('revisions replace each other, older ones are ignored, withdrawn events go', () => {
  let live = after(after(NOTHING, event('a', 1)), event('a', 3, { confidence: 0.9, final: true }));
  live = after(live, event('a', 2, { confidence: 0.1 }));
  assert.equal(live.events.get('a')?.confidence, 0.9);
  live = after(after(live, event('b', 1)), event('b', 2, { withdrawn: true, final: true }));
  assert.deepEqual([...live.events.keys()], ['a']);
});

test('a snapshot replaces everything, the latest event comes first, and other labels get a lane too', () => {
  const snapshot = { type: 'snapshot', status: { labels: ['DRIVE'] }, events: [] } as Message;
  let live = after(after(NOTHING, event('old', 1)), snapshot);
  live = after(after(live, event('a', 1, { time_us: 5e6 })), event('b', 1, { time_us: 9e6 }));
  assert.deepEqual(latestFirst(live).map((one) => one.id), ['b', 'a']);
  assert.deepEqual(labelsOf(live), ['DRIVE', 'PASS']);
});
