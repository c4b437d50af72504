// The video of the page: its source, the clock under it, and what to do if it cannot be played.

import { RateClock } from '../shared/clock';
import { byId, element } from '../shared/dom';
import { bytesFromBase64, formatClock } from '../shared/format';
import { Player } from '../shared/player';
import type { ReportData, VideoFacts } from './data';

/** Make the player of the page and load the video; `onTime(seconds)` is called whenever the shown time may have changed. */
export function openVideo({ video: facts, duration }: ReportData, onTime: (seconds: number) => void): Player {
  const video = byId<HTMLVideoElement>('video');
  const player = new Player(video, new RateClock(facts.fps, duration), duration, { time: onTime, fail: () => explain(facts) });
  video.addEventListener('click', () => player.toggle());
  video.removeAttribute('controls');
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

/** Say what is wrong with the video and what to do; the timeline continues without it. */
function explain({ name, codec, convert, converted }: VideoFacts): void {
  const box = byId('trouble');
  const kind = codec ? `, or the browser cannot decode its codec (${codec})` : ', or the browser cannot decode it';
  box.replaceChildren(
    element('strong', '', 'The video cannot be played here.'),
    element('p', '', `Either “${name}” has been moved relative to this page${kind}. `
      + 'The timeline works without it. Most browsers play H.264; this command makes such a copy:'),
    element('code', '', convert),
    element('p', '', `Then make a report of “${converted}”, or try another browser.`),
  );
  box.hidden = false;
  byId('screen').classList.add('no-video');
}
