// Confidence curves: one byte a sample on a regular grid.

export const NO_SCORE = 255;
/** The byte of confidence 1. */
export const LEVELS = 254;

export interface Curve {
  /** Bytes 0 to 254 for confidence 0 to 1; 255 where there is no score. */
  levels: Uint8Array;
  /** Time of the first sample in seconds. */
  start: number;
  /** Seconds between samples. */
  step: number;
}

/** Return the largest confidence between two times, or null if there is none. */
export function curveMax(curve: Curve | null, from: number, to: number): number | null {
  if (!curve || !curve.levels.length) return null;
  const { levels, start, step } = curve;
  const first = Math.max(0, Math.ceil((from - start) / step - 0.5));
  const last = Math.min(levels.length - 1, Math.floor((to - start) / step + 0.5));
  let best = -1;
  for (let i = first; i <= last; i += 1) if (levels[i] !== NO_SCORE && levels[i] > best) best = levels[i];
  return best < 0 ? null : best / LEVELS;
}
