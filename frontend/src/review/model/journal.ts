// The journal in this window: the corrections so far, and which commands can be undone and redone.

import { applied, inverted, noCorrections, type Corrections } from './corrections';
import { stepOf, type Change, type Entry, type Step } from './values';

export interface Journal {
  readonly corrections: Corrections;
  /** Number of the last entry, 0 if there is none. */
  readonly last: number;
  readonly commands: ReadonlyMap<number, readonly Change[]>;
  /** Numbers of commands in the order to undo them, the next one last. */
  readonly undoable: readonly number[];
  readonly redoable: readonly number[];
}

export function emptyJournal(): Journal {
  return { corrections: noCorrections(), last: 0, commands: new Map(), undoable: [], redoable: [] };
}

export function journalOf(entries: readonly Entry[]): Journal {
  return entries.reduce((journal, entry) => written(journal, entry.n, stepOf(entry)), emptyJournal());
}

/** Return the journal with one more entry. */
export function written(journal: Journal, n: number, step: Step): Journal {
  if ('do' in step) {
    const commands = new Map(journal.commands).set(n, step.do);
    return {
      corrections: applied(journal.corrections, step.do), last: n, commands, undoable: [...journal.undoable, n], redoable: [],
    };
  }
  const back = 'undo' in step;
  const target = back ? step.undo : step.redo;
  const changes = journal.commands.get(target);
  if (!changes) throw new Error(`entry ${n} of the journal names command ${target}, which the journal does not hold`);
  return {
    ...journal, last: n, corrections: applied(journal.corrections, back ? inverted(changes) : changes),
    undoable: back ? without(journal.undoable, target) : [...journal.undoable, target],
    redoable: back ? [...journal.redoable, target] : without(journal.redoable, target),
  };
}

function without(numbers: readonly number[], number: number): number[] {
  return numbers.filter((other) => other !== number);
}
