// Counts, precision and recall of a class at a threshold, and what they are based on.

import type { ReviewEvent } from './events';
import { matches } from './matching';
import { holds } from './spans';
import type { Span } from './values';

export const ENOUGH_REVIEWED = 20;

export interface Share { hits: number; of: number; low: number; high: number }

export interface Measured {
  /** Candidates of the model at or above the threshold, and all of them. */
  above: number;
  all: number;
  unreviewed: number;
  precision: Share | null;
  recall: Share | null;
  /** What precision and recall rest on, in words; empty if there are none. */
  basis: string;
}

/** Return the 95 % interval of a share by Wilson's method. */
export function wilson(hits: number, of: number): Share {
  if (of === 0) return { hits, of, low: 0, high: 1 };
  const z = 1.959964;
  const share = hits / of;
  const middle = (share + (z * z) / (2 * of)) / (1 + (z * z) / of);
  const half = (z / (1 + (z * z) / of)) * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of));
  return { hits, of, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

export interface Known {
  events: readonly ReviewEvent[];
  /** Known events of another version, such as truth; null if there is none. */
  truth: readonly { label: string; start_us: number }[] | null;
  reviewedSpans: readonly Span[];
}

export function measure(label: string, threshold: number, known: Known): Measured {
  const candidates = known.events.filter((event) => event.model?.label === label);
  const above = candidates.filter((event) => (event.model?.confidence ?? 0) >= threshold);
  const unreviewed = candidates.filter((event) => event.state === 'unreviewed').length;
  const counts = { above: above.length, all: candidates.length, unreviewed };
  if (known.truth) return { ...counts, ...againstTruth(label, above, known.truth) };
  const reviewed = known.events.filter((event) => event.state !== 'unreviewed' && concerns(event, label));
  if (reviewed.length < ENOUGH_REVIEWED) return { ...counts, precision: null, recall: null, basis: '' };
  return { ...counts, ...againstReview(label, threshold, reviewed, known.reviewedSpans) };
}

type Quality = Pick<Measured, 'precision' | 'recall' | 'basis'>;

function againstTruth(label: string, above: readonly ReviewEvent[], truth: NonNullable<Known['truth']>): Quality {
  const own = truth.filter((event) => event.label === label);
  const hits = matches(inOrder(above.map((e) => e.model?.start_us ?? e.start_us)), inOrder(own.map((e) => e.start_us))).length;
  return {
    precision: wilson(hits, above.length), recall: wilson(hits, own.length),
    basis: `${own.length} known events, matched within 1 s`,
  };
}

function inOrder(times: number[]): number[] {
  return times.sort((a, b) => a - b);
}

/** An event concerns a class if the model or the person named it so. */
function concerns(event: ReviewEvent, label: string): boolean {
  return event.label === label || event.model?.label === label;
}

function againstReview(label: string, threshold: number, reviewed: readonly ReviewEvent[], spans: readonly Span[]): Quality {
  const found = (event: ReviewEvent): boolean => event.model?.label === label && event.model.confidence >= threshold;
  const right = (event: ReviewEvent): boolean => event.state === 'accepted' && event.label === label;
  const above = reviewed.filter(found);
  const whole = reviewed.filter((event) => right(event) && holds(spans, event.start_us));
  const real = whole.length ? whole : reviewed.filter(right);
  const where = whole.length ? 'recall from the reviewed parts of the video' : 'recall from reviewed events only, so too high';
  return {
    precision: wilson(above.filter(right).length, above.length), recall: wilson(real.filter(found).length, real.length),
    basis: `${reviewed.length} reviewed events; ${where}`,
  };
}
