// Commands that move through the video.

import type { Desk } from '../state/desk';
import { announce } from '../state/announce';
import { clockOf } from '../state/words';

export function play(desk: Desk): void {
  const { playback } = desk;
  if (playback.loop.value && !playback.paused.value) {
    playback.loop.value = null;
    playback.player?.pause();
    return;
  }
  playback.player?.toggle();
}

export function stop(desk: Desk): void {
  desk.playback.loop.value = null;
  desk.playback.player?.pause();
}

export function backward(desk: Desk): void {
  desk.playback.loop.value = null;
  desk.playback.player?.backward();
}

export function forward(desk: Desk): void {
  desk.playback.loop.value = null;
  desk.playback.player?.forward();
}

/** Play the selected event in a loop, or end the loop. */
export function loop(desk: Desk): void {
  const { playback } = desk;
  const event = desk.selected.value;
  if (playback.loop.value) {
    stop(desk);
    if (event) playback.seekUs(event.start_us);
    announce('The loop has ended');
  } else if (event) {
    playback.startLoop(desk.loopOf(event));
    announce('Playing the event in a loop; Enter ends it');
  } else {
    announce('Select an event to play it in a loop');
  }
}

export function speed(desk: Desk, direction: 1 | -1): void {
  desk.playback.nudgeSpeed(direction);
  announce(`Speed ${Math.abs(desk.playback.speed.value)}×`);
}

export function frames(desk: Desk, count: number): void {
  desk.playback.step(count);
}

export function seconds(desk: Desk, count: number): void {
  desk.playback.loop.value = null;
  desk.playback.jump(count);
}

export function toStart(desk: Desk): void {
  desk.playback.seek(0);
}

export function toEnd(desk: Desk): void {
  desk.playback.seek(desk.playback.duration);
}

export function mute(desk: Desk): void {
  desk.playback.mute();
  announce(desk.playback.muted.value ? 'Sound off' : 'Sound on');
}

/** Return the shown time in words, for announcements. */
export function here(desk: Desk): string {
  return clockOf(desk.playback.timeUs);
}
