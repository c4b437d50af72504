// The video of the page: its source, the clock under it, and what to do if it cannot be played.

import { RateClock } from '../shared/clock';
import { byId, element } from '../shared/dom';
import { bytesFromBase64, formatClock } from '../shared/format';
import { Player } from '../shared/player';
import type { ReportData, VideoFacts } from './data';

const SAME_LENGTH_S = 1;

/** Make the player of the page and load the video; `onTime(seconds)` is called whenever the shown time may have changed. */
export function openVideo({ video: facts, duration }: ReportData, onTime: (seconds: number) => void): Player {
  const video = byId<HTMLVideoElement>('video');
  const clock = new RateClock(facts.fps, duration);
  const player = new Player(video, clock, duration, { time: onTime, fail: () => showTrouble(true) });
  video.addEventListener('click', () => player.toggle());
  video.removeAttribute('controls');
  const picker = new VideoPicker(player, facts, duration);
  byId('trouble').append(...picker.explain());
  const embedded = byId('video-data').textContent;
  video.src = embedded ? URL.createObjectURL(new Blob([bytesFromBase64(embedded)], { type: facts.mime })) : facts.src;
  return player;
}

/** Show time, frame, speed and whether it plays. */
export function showClock(player: Player, time: number): void {
  const frame = player.clock.frameNumber(time);
  byId('clock').textContent = formatClock(time) + (frame === null ? '' : ` · frame ${frame}`);
  byId('speed').textContent = `${player.speed}×`.replace('-', '−');
  const play = byId('play');
  play.classList.toggle('playing', !player.paused);
  play.setAttribute('aria-label', player.paused ? 'Play' : 'Pause');
}

function showTrouble(on: boolean): void {
  byId('trouble').hidden = !on;
  byId('screen').classList.toggle('no-video', on);
}

/** What is shown instead of a video that cannot be played: why, a way to find the file, and how to make a copy that plays. */
class VideoPicker {
  private readonly input = element('input');
  private readonly verdict = element('p', 'verdict');
  private url: string | null = null;

  constructor(private readonly player: Player, private readonly facts: VideoFacts, private readonly duration: number) {
    this.input.type = 'file';
    this.input.accept = 'video/*,.mkv';
    this.input.id = 'find-video';
    this.input.addEventListener('change', () => this.open(this.input.files?.[0]));
    this.verdict.setAttribute('role', 'status');
    this.listenForDrops(byId('screen'));
    player.video.addEventListener('error', () => this.sayUnplayable());
    player.video.addEventListener('loadedmetadata', () => this.compareLength());
  }

  explain(): HTMLElement[] {
    const { name, codec, convert, converted } = this.facts;
    const kind = codec ? ` its codec (${codec})` : ' it';
    const label = element('label', 'find-video');
    label.append(element('span', 'find-words', 'Find the video …'), this.input);
    return [
      element('strong', '', 'The video cannot be played here.'),
      element('p', '', `If “${name}” was moved away from this page, find it on this computer, or drop it here. It is not sent anywhere.`),
      label,
      this.verdict,
      element('p', '', `If the browser cannot decode${kind}, make a copy that it can, with this command, and find “${converted}”:`),
      element('code', '', convert),
      element('p', '', 'The timeline works without the video.'),
    ];
  }

  private listenForDrops(screen: HTMLElement): void {
    screen.addEventListener('dragover', (event) => {
      if (!this.player.usable) event.preventDefault();
    });
    screen.addEventListener('drop', (event) => {
      if (this.player.usable) return;
      event.preventDefault();
      this.open(event.dataTransfer?.files[0]);
    });
  }

  /** Play a file of this computer from the moment that the page shows. */
  private open(file: File | undefined): void {
    if (!file) return;
    const time = this.player.now();
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = URL.createObjectURL(file);
    this.verdict.textContent = '';
    this.player.reset();
    showTrouble(false);
    this.player.video.src = this.url;
    this.player.video.addEventListener('loadeddata', () => this.player.seek(time), { once: true });
  }

  private sayUnplayable(): void {
    if (this.url) this.verdict.textContent = 'This browser cannot play that file either.';
  }

  private compareLength(): void {
    const { duration } = this.player.video;
    if (!this.url || Math.abs(duration - this.duration) < SAME_LENGTH_S) return;
    const words = `This file lasts ${formatClock(duration, 0)}, the analysed video ${formatClock(this.duration, 0)}: it may be another one.`;
    byId('other-video').textContent = words;
    byId('other-video').hidden = false;
  }
}
