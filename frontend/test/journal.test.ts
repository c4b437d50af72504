import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeOf, valueOf } from '../src/review/model/corrections';
import { emptyJournal, journalOf, written, type Journal } from '../src/review/model/journal';
import { Outbox, type Pending, type SendResult } from '../src/review/model/outbox';
import { rebased } from '../src/review/model/rebase';
import type { Entry, Step } from '../src/review/model/values';

const threshold = (journal: Journal, value: number, id = 'PASS'): Step =>
  ({ do: [changeOf(journal.corrections, 'threshold', id, { value })] });

function after(...values: number[]): Journal {
  return values.reduce((journal, value) => written(journal, journal.last + 1, threshold(journal, value)), emptyJournal());
}

const now = (journal: Journal, id = 'PASS'): number | undefined => valueOf(journal.corrections, 'threshold', id)?.value;
const entry = (n: number, step: Step): Entry => ({ n, at: '', who: 'anna', ...step });

test('undo takes the last command back, redo does it again', () => {
  const undone = written(after(0.1, 0.2), 3, { undo: 2 });
  assert.equal(now(undone), 0.1);
  assert.deepEqual([undone.undoable, undone.redoable], [[1], [2]]);
  assert.equal(now(written(undone, 4, { redo: 2 })), 0.2);
});

test('a new command forgets what could be redone', () => {
  const undone = written(after(0.1), 2, { undo: 1 });
  assert.deepEqual(written(undone, 3, threshold(undone, 0.5)).redoable, []);
});

test('a journal from the server gives the same state as one written here, nulls and all', () => {
  const first: Entry = { ...entry(1, threshold(emptyJournal(), 0.1)), undo: null, redo: null };
  const journal = journalOf([first, { n: 2, at: '', who: '', do: null, undo: 1, redo: null }]);
  assert.equal(now(journal), undefined);
  assert.equal(journal.last, 2);
});

test('unsent steps are put on top of what another window wrote', () => {
  const other = entry(1, threshold(emptyJournal(), 0.9, 'SHOT'));
  const result = rebased(journalOf([other]), [other], [{ n: 1, step: threshold(emptyJournal(), 0.4) }]);
  assert.deepEqual(result.pending.map(({ n }) => n), [2]);
  assert.deepEqual([now(result.journal), now(result.journal, 'SHOT')], [0.4, 0.9]);
});

test('a step on a thing that the other window changed is dropped and named', () => {
  const other = entry(1, threshold(emptyJournal(), 0.9));
  const mine = threshold(emptyJournal(), 0.4);
  const result = rebased(journalOf([other]), [other], [{ n: 1, step: mine }]);
  assert.deepEqual([result.pending, result.dropped, now(result.journal)], [[], [mine], 0.9]);
});

test('a step that arrived although its answer was lost is not sent again', () => {
  const step = threshold(emptyJournal(), 0.4);
  const result = rebased(journalOf([entry(1, step)]), [entry(1, step)], [{ n: 1, step }]);
  assert.deepEqual([result.pending, result.dropped], [[], []]);
});

function outbox(answers: SendResult[]): { box: Outbox; sent: number[]; stops: string[]; states: string[]; idle: () => Promise<void> } {
  const [sent, stops, states]: [number[], string[], string[]] = [[], [], []];
  const box = new Outbox({
    send: async (pending: Pending) => {
      sent.push(pending.n);
      return answers.shift() ?? { kind: 'saved', n: pending.n };
    },
    changed: () => { if (states.at(-1) !== box.state) states.push(box.state); },
    stopped: (reason) => { stops.push(reason.kind); },
    wait: () => Promise.resolve(),
  });
  return { box, sent, stops, states, idle: () => new Promise((done) => { setTimeout(done, 5); }) };
}

const pending = (n: number): Pending => ({ n, step: { undo: n } });

test('steps are sent in order, one at a time', async () => {
  const { box, sent, idle } = outbox([]);
  for (const n of [1, 2, 3]) box.add(pending(n));
  await idle();
  assert.deepEqual([sent, box.pending, box.state], [[1, 2, 3], [], 'idle']);
});

test('a lost connection is tried again and nothing is skipped', async () => {
  const { box, sent, states, idle } = outbox([{ kind: 'unreachable' }, { kind: 'unreachable' }]);
  box.add(pending(1));
  box.add(pending(2));
  await idle();
  assert.deepEqual(sent, [1, 1, 1, 2]);
  assert.ok(states.includes('unreachable'));
  assert.equal(box.state, 'idle');
});

test('a refusal stops the outbox and keeps the steps until they are replaced', async () => {
  const { box, sent, stops, idle } = outbox([{ kind: 'read-only', message: '' }]);
  box.add(pending(1));
  await idle();
  box.add(pending(2));
  await idle();
  assert.deepEqual([sent, stops, box.pending.length], [[1], ['read-only'], 2]);
  box.replace([pending(7)]);
  await idle();
  assert.deepEqual([sent, box.state], [[1, 7], 'idle']);
});

test('steps are not replaced while one is under way, so none is sent twice', async () => {
  const sent: number[] = [];
  let answer: (result: SendResult) => void = () => undefined;
  const box = new Outbox({
    send: (step: Pending) => {
      sent.push(step.n);
      return sent.length > 1 ? Promise.resolve({ kind: 'saved', n: step.n }) : new Promise((resolve) => { answer = resolve; });
    },
    changed: () => undefined, stopped: () => undefined, wait: () => Promise.resolve(),
  });
  box.add(pending(1));
  box.add(pending(2));
  const replaced = box.between(async () => { box.replace(box.pending.map(({ n, step }) => ({ n: n + 10, step }))); });
  await new Promise((done) => { setTimeout(done, 5); });
  answer({ kind: 'saved', n: 1 });
  await replaced;
  await new Promise((done) => { setTimeout(done, 5); });
  assert.deepEqual([sent, box.pending, box.state], [[1, 12], [], 'idle']);
});
