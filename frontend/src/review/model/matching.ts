// Matching two lists of times one to one, nearest first.

export const TOLERANCE_US = 1_000_000;

/** Return pairs of indices of `found` and `known` (both in order) that lie within the tolerance, nearest first. */
export function matches(found: readonly number[], known: readonly number[], toleranceUs = TOLERANCE_US): [number, number][] {
  const pairs: [number, number, number][] = [];
  let first = 0;
  found.forEach((time, i) => {
    while (first < known.length && known[first] < time - toleranceUs) first += 1;
    for (let k = first; k < known.length && known[k] <= time + toleranceUs; k += 1) pairs.push([Math.abs(known[k] - time), i, k]);
  });
  pairs.sort((a, b) => a[0] - b[0]);
  const [usedFound, usedKnown] = [new Set<number>(), new Set<number>()];
  const result: [number, number][] = [];
  for (const [, i, k] of pairs) {
    if (usedFound.has(i) || usedKnown.has(k)) continue;
    usedFound.add(i);
    usedKnown.add(k);
    result.push([i, k]);
  }
  return result;
}
