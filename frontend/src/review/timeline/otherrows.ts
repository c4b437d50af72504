// Drawing the rows that are not of a class: reviewed parts, camera shots, sound, the selected player.

import { curvePoints, drawCurve, FONT, traceDiamond, type Area } from '../../shared/canvas';
import { pick, SEEN_COLOUR, SHOT_COLOURS, SOUND_COLOURS } from '../../shared/colours';
import { xOf } from '../../shared/view';
import { fragmentsOf, startOf, trackOf } from '../model/identity';
import type { Scene } from './scene';

const PACE_COLOURS = ['#8b97a5', '#3fbf86', '#f0a202', '#e4572e'];

export function paintReviewed({ context, width, height }: Area, { desk, view, theme, dragged }: Scene): void {
  const spans = dragged?.kind === 'reviewed' ? dragged.spans : desk.reviewed.value;
  context.fillStyle = theme.accent;
  for (const [start, end] of spans) {
    const [left, right] = [xOf(start / 1e6, view, width), xOf(end / 1e6, view, width)];
    if (right < 0 || left > width) continue;
    context.globalAlpha = 0.3;
    context.fillRect(left, 4, Math.max(1, right - left), height - 9);
    context.globalAlpha = 1;
    context.fillRect(left, 4, 2, height - 9);
    context.fillRect(Math.max(left, right - 2), 4, 2, height - 9);
  }
}

export function paintShots({ context, width, height }: Area, { desk, view, theme }: Scene): void {
  context.font = `11px ${FONT}`;
  context.textBaseline = 'middle';
  for (const shot of desk.data.shots) {
    const [left, right] = [xOf(shot.start_us / 1e6, view, width), xOf(shot.end_us / 1e6, view, width)];
    if (right < 0 || left > width) continue;
    context.fillStyle = pick(SHOT_COLOURS[shot.kind] ?? SHOT_COLOURS.other, theme.dark);
    context.globalAlpha = 0.35;
    context.fillRect(left + 0.5, 3, Math.max(1, right - left - 1), height - 7);
    context.globalAlpha = 1;
    const from = Math.max(left, 0) + 5;
    if (right - from < context.measureText(shot.kind).width + 4) continue;
    context.fillStyle = theme.text;
    context.fillText(shot.kind, from, height / 2);
  }
}

export function paintWhistles({ context, width, height }: Area, { desk, view, theme }: Scene): void {
  const sound = desk.backdrop.sound.value;
  if (!sound) return;
  const colour = pick(SOUND_COLOURS.whistle, theme.dark);
  drawCurve(context, curvePoints(sound.whistle, view, width), (value) => height - 2 - value * (height - 9), height - 1, colour);
  context.fillStyle = colour;
  for (const { start, end, confidence } of sound.whistles) {
    const left = xOf(start, view, width);
    if (left > width) break;
    context.globalAlpha = 0.35 + 0.65 * confidence;
    context.fillRect(left, 2, Math.max(2, xOf(end, view, width) - left), 4);
  }
  context.globalAlpha = 1;
}

export function paintCrowd({ context, width, height }: Area, { desk, view, theme }: Scene): void {
  const sound = desk.backdrop.sound.value;
  if (!sound) return;
  const colour = pick(SOUND_COLOURS.crowd, theme.dark);
  drawCurve(context, curvePoints(sound.level, view, width), (value) => height - 2 - value * (height - 9), height - 1, colour);
  context.fillStyle = colour;
  for (const { start, confidence } of sound.swells) {
    const x = xOf(start, view, width);
    if (x < -5 || x > width + 5) continue;
    context.globalAlpha = 0.4 + 0.6 * confidence;
    context.beginPath();
    context.moveTo(x - 4, 8);
    context.lineTo(x + 4, 8);
    context.lineTo(x, 1);
    context.fill();
  }
  context.globalAlpha = 1;
}

export function paintWave({ context, width, height }: Area, { desk, view, theme }: Scene): void {
  const wave = desk.backdrop.wave.value;
  if (wave) drawCurve(context, curvePoints(wave, view, width), (value) => height - 2 - value * (height - 5), height - 1, theme.text);
}

/** Draw keeper moments: full diamonds where the technique is known, empty ones where it is not. */
export function paintKeepers({ context, width, height }: Area, { desk, view, theme }: Scene): void {
  const [middle, reach] = [(height - 1) / 2, 6];
  context.lineWidth = 1.5;
  for (const moment of desk.keepers.moments.value) {
    const x = xOf(moment.time_us / 1e6, view, width);
    if (x < -reach || x > width + reach) continue;
    context.strokeStyle = context.fillStyle = moment === desk.keepers.chosen.value ? theme.accent : theme.text;
    traceDiamond(context, x, middle, reach);
    if (moment.technique !== null) context.fill();
    context.stroke();
  }
}

/** Draw when the selected player is in the picture, its splits, and what it does: pace below, actions above. */
export function paintPerson({ context, width, height }: Area, { desk, view, theme }: Scene): void {
  const person = desk.people.selectedPerson.value;
  const store = desk.people.store.value;
  if (person === null || !store) return;
  const corrections = desk.corrections.value;
  for (const { track, fragment, start, end } of desk.people.partsOf(person)) {
    const [left, right] = [xOf(start, view, width), xOf(end, view, width)];
    if (right < 0 || left > width) continue;
    context.fillStyle = desk.people.face(track, fragment).colour;
    context.globalAlpha = 0.45;
    context.fillRect(left, 8, Math.max(2, right - left), height - 17);
    context.globalAlpha = 1;
    for (const doing of track.actions) {
      if (doing.end < Math.max(view.from, start) || doing.start > Math.min(view.to, end)) continue;
      const x = xOf(Math.max(doing.start, start), view, width);
      const wide = Math.max(1, xOf(Math.min(doing.end, end), view, width) - x);
      if (doing.kind === 'movement' && !doing.pace) continue;
      context.fillStyle = doing.kind === 'movement' ? PACE_COLOURS[doing.pace] : doing.kind === 'ball' ? theme.text : SEEN_COLOUR;
      context.fillRect(x, doing.kind === 'movement' ? height - 8 : 4, wide, 3);
    }
    context.fillStyle = theme.accent;
    for (const cut of fragmentsOf(corrections, trackOf(fragment)).slice(1)) context.fillRect(xOf(startOf(cut) / 1e6, view, width) - 1, 2, 2, height - 5);
  }
}
