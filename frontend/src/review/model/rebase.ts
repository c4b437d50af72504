// Putting the steps of this window on top of a journal that somebody else has written to meanwhile.

import { fits, same } from './corrections';
import { written, type Journal } from './journal';
import type { Pending } from './outbox';
import { stepOf, type Entry, type Step } from './values';

export interface Rebased {
  journal: Journal;
  /** The steps to send, numbered anew. */
  pending: Pending[];
  /** Steps that no longer fit, because the other window changed the same thing. */
  dropped: Step[];
}

/** `remote` is the journal of the server; `entries` its lines; `pending` the unsent steps of this window. */
export function rebased(remote: Journal, entries: readonly Entry[], pending: readonly Pending[]): Rebased {
  const result: Rebased = { journal: remote, pending: [], dropped: [] };
  const rest = pending.length && arrived(entries, pending[0]) ? pending.slice(1) : pending;
  for (const { step } of rest) {
    if (!applies(result.journal, step)) {
      result.dropped.push(step);
      continue;
    }
    const n = result.journal.last + 1;
    result.journal = written(result.journal, n, step);
    result.pending.push({ n, step });
  }
  return result;
}

/** Return whether the server holds a step already: it was written, but the answer did not come through. */
function arrived(entries: readonly Entry[], { n, step }: Pending): boolean {
  const entry = entries.find((other) => other.n === n);
  return entry !== undefined && same(stepOf(entry), step);
}

function applies(journal: Journal, step: Step): boolean {
  if ('do' in step) return fits(journal.corrections, step.do);
  if ('undo' in step) return journal.undoable.includes(step.undo);
  return journal.redoable.includes(step.redo);
}
