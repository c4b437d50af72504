// Differences between the events here and those of another version: truth, or another model.

import { matches } from './matching';

export interface Compared { id: string; label: string; start_us: number }

export type Difference<A, B> =
  | { kind: 'missed'; time_us: number; own: null; other: B }        // only the other version has it
  | { kind: 'extra'; time_us: number; own: A; other: null }         // only this version has it
  | { kind: 'other class'; time_us: number; own: A; other: B };

/** Return the differences in order of time. Events match within a second; of the same class first. */
export function differences<A extends Compared, B extends Compared>(own: readonly A[], other: readonly B[]): Difference<A, B>[] {
  const [left, right] = [new Set(own), new Set(other)];
  const pair = (a: readonly A[], b: readonly B[]): [A, B][] =>
    matches(a.map((e) => e.start_us), b.map((e) => e.start_us)).map(([i, k]) => [a[i], b[k]]);
  for (const label of new Set(own.map((event) => event.label))) {
    const found = pair(own.filter((e) => e.label === label), other.filter((e) => e.label === label));
    for (const [a, b] of found) { left.delete(a); right.delete(b); }
  }
  const result: Difference<A, B>[] = [];
  for (const [a, b] of pair(own.filter((e) => left.has(e)), other.filter((e) => right.has(e)))) {
    left.delete(a);
    right.delete(b);
    result.push({ kind: 'other class', time_us: b.start_us, own: a, other: b });
  }
  for (const a of left) result.push({ kind: 'extra', time_us: a.start_us, own: a, other: null });
  for (const b of right) result.push({ kind: 'missed', time_us: b.start_us, own: null, other: b });
  return result.sort((a, b) => a.time_us - b.time_us);
}
