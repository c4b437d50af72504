// The player of a video: time, frame steps and speeds. It knows no page: the caller gives the element and the clock.

import type { FrameClock, Landing } from './clock';
import { clamp } from './format';

export const SLOWEST = 0.1;
export const FASTEST = 8;

export interface PlayerActions {
  /** Called whenever the shown time may have changed, with seconds from the first shown frame. */
  time(seconds: number): void;
  /** Called once if the browser cannot play the video. */
  fail(): void;
}

export class Player {
  clock: FrameClock;
  /** Whether the video can be played; without it the player keeps a time and steps through it all the same. */
  usable = true;
  private offset = 0;                        // the browser's time of the first shown frame
  private frameTime: number | null = null;   // start of the frame on screen, if the browser reports it
  private target: number | null = null;      // the time to show of a seek in progress
  private landed: { at: number; time: number | null } | null = null;
  private still = 0;                         // the time shown when there is no usable video
  private reverse = 0;                       // speed of playing backwards, 0 if not
  private base = 1;                          // speed of plain playing
  private watch = 0;                         // counts sources, so that callbacks of an old one end
  private offsetKnown = false;
  private closed = false;

  /** `duration` in seconds. Set the video's `src` afterwards. */
  constructor(
    readonly video: HTMLVideoElement,
    clock: FrameClock,
    private readonly duration: number,
    private readonly actions: PlayerActions,
  ) {
    this.clock = clock;
    this.listen();
  }

  private listen(): void {
    const { video } = this;
    video.addEventListener('error', () => this.fail());
    video.addEventListener('loadedmetadata', () => { if (!video.videoWidth) this.fail(); });
    video.addEventListener('seeked', () => {
      if (video.seeking) return;  // a later seek is under way
      this.landed = { at: video.currentTime, time: this.target };
      this.target = null;
      this.notify();
    });
    for (const name of ['timeupdate', 'play', 'pause', 'ratechange', 'ended']) {
      video.addEventListener(name, () => this.notify());
    }
    if ('requestVideoFrameCallback' in video) this.watchFrames();
    const everyFrame = (): void => {
      if (!video.paused) this.notify();
      if (!this.closed) requestAnimationFrame(everyFrame);
    };
    requestAnimationFrame(everyFrame);
  }

  /** Let go of the video: it stops, and nothing is reported any more. */
  close(): void {
    this.pause();
    this.closed = true;
    this.watch += 1;
    this.video.removeAttribute('src');
    this.video.load();
  }

  /** Keep track of the frame on screen; the first one gives the offset of the video in its file. */
  private watchFrames(): void {
    let first = true;
    this.watch += 1;
    const { watch } = this;
    const onFrame = (_: DOMHighResTimeStamp, frame: VideoFrameCallbackMetadata): void => {
      if (watch !== this.watch) return;
      if (first && !this.offsetKnown && this.video.currentTime === 0) this.offset = frame.mediaTime;
      first = false;
      this.frameTime = this.clock.settle(frame.mediaTime - this.offset);
      this.notify();
      this.video.requestVideoFrameCallback(onFrame);
    };
    this.video.requestVideoFrameCallback(onFrame);
  }

  private notify(): void {
    if (!this.closed) this.actions.time(this.now());
  }

  /**
   * Forget what is known of the frames of the old source; call before another file is given to the video. `offset` is
   * the browser's time of its first shown frame in seconds; without it that is found when the first frame is shown.
   */
  reset(offset: number | null = null): void {
    this.offsetKnown = offset !== null;
    Object.assign(this, { usable: true, offset: offset ?? 0, frameTime: null, target: null, landed: null, reverse: 0 });
    if ('requestVideoFrameCallback' in this.video) this.watchFrames();
  }

  /** Return seconds from the first shown frame: those of the frame on screen, or the target of a seek. */
  now(): number {
    if (!this.usable) return this.still;
    if (this.target !== null) return this.target;
    const time = Math.max(0, this.video.currentTime - this.offset);
    // Otherwise the frame on screen is still the one before the seek.
    if (this.frameTime !== null && this.clock.holds(this.frameTime, time)) return this.frameTime;
    const landed = this.landed && this.landed.time !== null && this.landed.at === this.video.currentTime;
    return landed ? this.landed!.time! : time;
  }

  /** Return the number of the frame on screen, from 0; null if frames cannot be counted. */
  get frameNumber(): number | null {
    return this.clock.frameNumber(this.now());
  }

  /** Return half the length of the current frame in seconds: times closer than this are the same picture. */
  get slack(): number {
    return 0.5 * this.clock.lengthAt(this.now());
  }

  get paused(): boolean {
    return !this.reverse && (!this.usable || this.video.paused);
  }

  get backwards(): boolean {
    return this.reverse > 0;
  }

  /** Show the frame at a time. */
  seek(seconds: number): void {
    this.land(this.clock.landing(clamp(seconds, 0, this.duration)));
  }

  /** Show a frame by number, from 0. */
  seekFrame(frame: number): void {
    this.seek(this.clock.startOf(frame));
  }

  /** Move `count` frames from the frame on screen. */
  step(count: number): void {
    this.pause();
    const landing = this.clock.step(this.now(), count);
    if (landing) this.land(landing);
  }

  private land(landing: Landing): void {
    if (this.usable) {
      this.target = landing.shown;
      this.video.currentTime = landing.set + this.offset;
    } else {
      this.still = landing.shown;
    }
    this.notify();
  }

  /** Set the speed of plain playing, which `play` and `pause` return to. */
  setSpeed(speed: number): void {
    this.base = clamp(speed, SLOWEST, FASTEST);
    if (!this.reverse) this.video.playbackRate = this.base;
    this.notify();
  }

  play(speed = this.base): void {
    this.reverse = 0;
    if (!this.usable) return;
    this.video.playbackRate = clamp(speed, SLOWEST, FASTEST);
    this.video.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'NotSupportedError') this.fail();
    });
    this.notify();
  }

  pause(): void {
    this.reverse = 0;
    this.video.pause();
    this.video.playbackRate = this.base;
    this.notify();
  }

  toggle(): void {
    if (this.paused) this.play(); else this.pause();
  }

  /** L: play; again: twice as fast. */
  forward(): void {
    this.play(!this.paused && !this.reverse ? Math.min(FASTEST, this.video.playbackRate * 2) : this.base);
  }

  /** J: step backwards in real time; again: twice as fast. Browsers cannot play backwards, so this seeks. */
  backward(): void {
    const speed = this.reverse ? Math.min(FASTEST, this.reverse * 2) : 1;
    this.pause();
    this.reverse = speed;
    this.notify();
    let time = this.now();
    let last = performance.now();
    const stepBack = (now: number): void => {
      if (this.reverse !== speed) return;
      time -= ((now - last) / 1000) * speed;
      last = now;
      if (!this.usable || !this.video.seeking) this.seek(Math.max(0, time));
      if (time <= 0) this.reverse = 0;
      this.notify();
      requestAnimationFrame(stepBack);
    };
    requestAnimationFrame(stepBack);
  }

  /** The speed of playing, negative if backwards. */
  get speed(): number {
    return this.reverse ? -this.reverse : this.video.playbackRate;
  }

  private fail(): void {
    if (!this.usable) return;
    this.still = this.now();
    this.usable = false;
    this.reverse = 0;
    this.actions.fail();
    this.notify();
  }
}
