// Spans of the video in microseconds, half open: joining, cutting out, and asking.

import type { Span } from './values';

/** Return spans in order, those that touch or overlap joined, empty ones left out. */
export function joined(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const [start, end] of [...spans].filter(([a, b]) => b > a).sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end); else result.push([start, end]);
  }
  return result;
}

/** Return spans without the part from `from` to `to`. */
export function without(spans: readonly Span[], [from, to]: Span): Span[] {
  return joined(spans.flatMap(([start, end]): Span[] => [[start, Math.min(end, from)], [Math.max(start, to), end]]));
}

export function holds(spans: readonly Span[], timeUs: number): boolean {
  return spans.some(([start, end]) => timeUs >= start && timeUs < end);
}

export function total(spans: readonly Span[]): number {
  return joined(spans).reduce((sum, [start, end]) => sum + end - start, 0);
}

/** Return the span to mark as reviewed at a time: from the end of the last reviewed span before it, or from the start. */
export function unreviewedUpTo(spans: readonly Span[], timeUs: number): Span {
  const before = joined(spans).filter(([start]) => start <= timeUs).at(-1);
  return [before ? Math.min(before[1], timeUs) : 0, timeUs];
}
