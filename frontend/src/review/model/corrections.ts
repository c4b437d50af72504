// The state that the journal adds up to: a map from (kind, id) to a value, never changed in place.

import type { Change, Kind, Values } from './values';

export type Corrections = { readonly [K in Kind]: ReadonlyMap<string, Values[K]> };

export const KINDS: readonly Kind[] = ['event', 'reviewed', 'threshold', 'team', 'player', 'cut', 'track', 'box', 'labels'];

export function noCorrections(): Corrections {
  return Object.fromEntries(KINDS.map((kind) => [kind, new Map()])) as unknown as Corrections;
}

/** Return the corrections after a list of changes; kinds that are not touched keep their map. */
export function applied(corrections: Corrections, changes: readonly Change[]): Corrections {
  const next = { ...corrections } as { [K in Kind]: Map<string, unknown> };
  for (const what of new Set(changes.map((change) => change.what))) next[what] = new Map(corrections[what]);
  for (const { what, id, after } of changes) {
    if (after === null) next[what].delete(id); else next[what].set(id, after);
  }
  return next as unknown as Corrections;
}

/** Return the changes that take back others: in reverse order, from `after` to `before`. */
export function inverted(changes: readonly Change[]): Change[] {
  return changes.map((change) => ({ ...change, before: change.after, after: change.before }) as Change).reverse();
}

export function valueOf<K extends Kind>(corrections: Corrections, what: K, id: string): Values[K] | null {
  return corrections[what].get(id) ?? null;
}

/** Make a change of one thing from what it is now. */
export function changeOf<K extends Kind>(corrections: Corrections, what: K, id: string, after: Values[K] | null): Change {
  return { what, id, before: valueOf(corrections, what, id), after } as Change;
}

/** Return whether every change still starts from the present value, as a change made elsewhere could have altered it. */
export function fits(corrections: Corrections, changes: readonly Change[]): boolean {
  return changes.every(({ what, id, before }) => same(valueOf(corrections, what, id), before));
}

/** Return whether two JSON values are equal, whatever the order of their keys. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(left).filter((key) => left[key] !== undefined);
  if (keys.length !== Object.keys(right).filter((key) => right[key] !== undefined).length) return false;
  return keys.every((key) => same(left[key], right[key]));
}
