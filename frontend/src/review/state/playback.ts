// The video as the page sees it: signals for time, frame and speed around the player that reports share.

import { batch, computed, signal } from '@preact/signals';
import { ListClock, RateClock, type FrameClock } from '../../shared/clock';
import { Player } from '../../shared/player';
import { bytes } from '../api/client';
import type { VideoData } from '../types';

/** A part of the video that is played again and again, in seconds. */
export interface Loop { from: number; to: number; id: string }

const SPEEDS = [0.1, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4, 8];

export class Playback {
  readonly time = signal(0);
  readonly paused = signal(true);
  readonly speed = signal(1);
  readonly muted = signal(false);
  readonly usable = signal(true);
  readonly loop = signal<Loop | null>(null);
  /** The presentation time of every frame in microseconds; null until the server has counted them. */
  readonly frames = signal<Float64Array | null>(null);
  readonly framesTrouble = signal('');
  readonly clock = computed<FrameClock>(() => {
    const { value } = this.frames;
    return value?.length ? new ListClock(value, this.durationUs) : new RateClock(this.video.fps, this.durationUs / 1e6);
  });
  readonly frame = computed(() => this.clock.value.frameNumber(this.time.value));
  player: Player | null = null;

  constructor(private readonly video: VideoData, private readonly durationUs: number) {}

  get duration(): number {
    return this.durationUs / 1e6;
  }

  /** Time of the shown frame in microseconds, exactly as the file has it. */
  get timeUs(): number {
    const frame = this.frames.value && this.frame.value;
    return frame === null ? Math.round(this.time.value * 1e6) : Math.round(this.frames.value![frame]);
  }

  async loadFrames(): Promise<void> {
    try {
      this.frames.value = new Float64Array(await bytes(this.video.frames));
      if (this.player) this.player.clock = this.clock.value;
    } catch (error) {
      this.framesTrouble.value = error instanceof Error ? error.message : String(error);
    }
  }

  /** Show a source; `offset` is the browser's time of its first frame in seconds. */
  attach(element: HTMLVideoElement, src: string, offset: number): void {
    if (this.player?.video === element) {
      if (element.getAttribute('src') !== src) this.change(element, src, offset);
      return;
    }
    this.player = new Player(element, this.clock.value, this.duration, {
      time: (seconds) => this.onTime(seconds), fail: () => { this.usable.value = false; },
    });
    this.change(element, src, offset);
  }

  close(): void {
    this.player?.close();
  }

  /** Show another file of the same video, such as its proxy, at the same frame. */
  private change(element: HTMLVideoElement, src: string, offset: number): void {
    const { value: time } = this.time;
    this.player?.reset(offset);
    this.usable.value = true;
    if (src) element.src = src;
    else this.usable.value = false;
    if (time > 0) element.addEventListener('loadedmetadata', () => this.player?.seek(time), { once: true });
  }

  seek(seconds: number): void {
    this.player?.seek(seconds);
  }

  seekUs(us: number): void {
    this.seek(us / 1e6);
  }

  step(frames: number): void {
    this.loop.value = null;
    this.player?.step(frames);
  }

  jump(seconds: number): void {
    this.seek(this.time.value + seconds);
  }

  setSpeed(speed: number): void {
    this.player?.setSpeed(speed);
  }

  /** Go to the next of the usual speeds: 1 faster, -1 slower. */
  nudgeSpeed(direction: 1 | -1): void {
    const now = Math.abs(this.speed.value);
    const next = direction > 0 ? SPEEDS.find((s) => s > now + 1e-9) : SPEEDS.findLast((s) => s < now - 1e-9);
    if (next !== undefined) this.setSpeed(next);
  }

  mute(): void {
    this.muted.value = !this.muted.value;
    if (this.player) this.player.video.muted = this.muted.value;
  }

  startLoop(loop: Loop): void {
    this.loop.value = loop;
    this.seek(loop.from);
    this.player?.play();
  }

  private onTime(seconds: number): void {
    const { player } = this;
    if (!player) return;
    batch(() => {
      this.time.value = seconds;
      this.paused.value = player.paused;
      this.speed.value = player.speed;
    });
    const loop = this.loop.value;
    if (loop && !player.paused && (seconds >= loop.to || seconds >= this.duration - 2 * player.slack)) this.seek(loop.from);
  }
}
