// The two clocks of a video: from its frame rate alone, or from the presentation time of every frame.
// All times are seconds from the first shown frame.

import { US_PER_S, clamp } from './format';

/** Where a seek goes: the time that is shown for it, and the time to set on the video. */
export interface Landing {
  shown: number;
  set: number;
}

export interface FrameClock {
  /** Number of frames, or null if it is not known. */
  readonly count: number | null;
  /** Return where a seek to a time lands. */
  landing(time: number): Landing;
  /** Return where `count` frames on from a shown time lies; null before the first frame. */
  step(from: number, count: number): Landing | null;
  /** Return the start of the frame that a browser reports at `mediaTime`, which browsers round. */
  settle(mediaTime: number): number;
  /** Return whether the frame that starts at `frame` is still the right one at a time. */
  holds(frame: number, time: number): boolean;
  /** Return the number of the frame at a time, from 0; null if frames cannot be counted. */
  frameNumber(time: number): number | null;
  /** Return the start of a frame by number. */
  startOf(frame: number): number;
  /** Return the length of the frame at a time. */
  lengthAt(time: number): number;
}

/** A clock that knows a frame rate only: right for constant rates, an estimate for others. */
export class RateClock implements FrameClock {
  readonly count = null;
  readonly frame: number;
  private readonly known: boolean;

  /** `fps` frames per second, 0 if unknown; `duration` in seconds. */
  constructor(fps: number, private readonly duration: number) {
    this.known = fps > 0;
    this.frame = 1 / (this.known ? fps : 25);
  }

  /** Seek slightly later, because files round their times. */
  landing(time: number): Landing {
    const shown = clamp(time, 0, this.duration);
    return { shown, set: shown + Math.min(0.001, this.frame / 4) };
  }

  /** Land a quarter into the target frame. */
  step(from: number, count: number): Landing | null {
    const to = from + count * this.frame;
    if (to < -this.frame / 2) return null;
    const { set } = this.landing(to + this.frame / 4);
    return { shown: clamp(to, 0, this.duration), set };
  }

  settle(mediaTime: number): number {
    return Math.max(0, mediaTime);
  }

  holds(frame: number, time: number): boolean {
    const into = (time - frame) / this.frame;
    return into > -0.1 && into < 1.05;
  }

  frameNumber(time: number): number | null {
    return this.known ? Math.round(time / this.frame) : null;
  }

  startOf(frame: number): number {
    return frame * this.frame;
  }

  lengthAt(): number {
    return this.frame;
  }
}

/** A clock that knows when every frame is shown: steps, seeks and frame numbers come from this list only. */
export class ListClock implements FrameClock {
  readonly count: number;

  /** `timesUs`: presentation times in microseconds from the first shown frame, strictly increasing, at least one. */
  constructor(private readonly timesUs: Float64Array, private readonly durationUs: number) {
    if (!timesUs.length) throw new Error('the list of presentation times is empty');
    this.count = timesUs.length;
  }

  /** Seek to the middle of the frame that is shown at a time, never to its edge. */
  landing(time: number): Landing {
    return this.landingOn(this.indexAt(time));
  }

  step(from: number, count: number): Landing | null {
    const here = this.indexAt(from);
    if (here + count < 0 && here === 0) return null;
    return this.landingOn(here + count);
  }

  /** Snap to the nearest presentation time. */
  settle(mediaTime: number): number {
    const before = this.indexAt(mediaTime);
    const after = Math.min(before + 1, this.count - 1);
    const nearer = this.startOf(after) - mediaTime < mediaTime - this.startOf(before) ? after : before;
    return this.startOf(nearer);
  }

  holds(frame: number, time: number): boolean {
    const slack = 0.1 * this.lengthAt(frame);
    return time > frame - slack && time < frame + this.lengthAt(frame) + slack / 2;
  }

  frameNumber(time: number): number {
    return this.indexAt(time);
  }

  startOf(frame: number): number {
    return this.timesUs[clamp(frame, 0, this.count - 1)] / US_PER_S;
  }

  lengthAt(time: number): number {
    return this.lengthOf(this.indexAt(time));
  }

  /** Return the index of the last frame that starts at or before a time; half a microsecond of rounding is forgiven. */
  private indexAt(time: number): number {
    const us = time * US_PER_S + 0.5;
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.timesUs[middle] <= us) low = middle + 1; else high = middle;
    }
    return Math.max(0, low - 1);
  }

  private lengthOf(index: number): number {
    const start = this.timesUs[index];
    const next = index + 1 < this.count ? this.timesUs[index + 1] : Math.max(this.durationUs, start + this.usualUs() / 2);
    return (next - start) / US_PER_S;
  }

  private usualUs(): number {
    const span = this.timesUs[this.count - 1] - this.timesUs[0];
    return this.count > 1 ? span / (this.count - 1) : 40_000;
  }

  private landingOn(index: number): Landing {
    const at = clamp(index, 0, this.count - 1);
    const shown = this.startOf(at);
    return { shown, set: shown + Math.min(this.lengthOf(at), 2 * this.usualUs() / US_PER_S) / 2 };
  }
}
