// The pitch from above: its lines, the people on it as dots (the radar), and heat.

import type { Area } from './canvas';
import { clamp } from './format';
import { BALL, type Sight } from './tracks';

/** Lines as flat lists x, y, x, y, ... in metres from the centre spot, y to the far side; spots likewise. */
export interface Pitch {
  length_m: number;
  width_m: number;
  lines: readonly number[][];
  spots: readonly number[];
}

/** Turns metres into pixels. */
export interface PitchFit {
  scale: number;
  x(metres: number): number;
  y(metres: number): number;
}

export const RADAR_MARGIN_M = 4;

/** Fit a pitch with a margin in metres into a box. */
export function pitchFit(pitch: Pitch, width: number, height: number, margin: number): PitchFit {
  const scale = Math.min(width / (pitch.length_m + 2 * margin), height / (pitch.width_m + 2 * margin));
  return { scale, x: (metres) => width / 2 + metres * scale, y: (metres) => height / 2 - metres * scale };
}

/** Return the height over the width of a radar. */
export function radarShape(pitch: Pitch): number {
  return (pitch.width_m + 2 * RADAR_MARGIN_M) / (pitch.length_m + 2 * RADAR_MARGIN_M);
}

export function drawPitch(context: CanvasRenderingContext2D, pitch: Pitch, fit: PitchFit, colour: string): void {
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineWidth = 1;
  context.lineJoin = 'round';
  for (const line of pitch.lines) {
    context.beginPath();
    for (let i = 0; i < line.length; i += 2) context.lineTo(fit.x(line[i]), fit.y(line[i + 1]));
    context.stroke();
  }
  for (let i = 0; i < pitch.spots.length; i += 2) {
    context.beginPath();
    context.arc(fit.x(pitch.spots[i]), fit.y(pitch.spots[i + 1]), 1, 0, 7);
    context.fill();
  }
}

/** Draw the pitch with everyone whose place is known; `chosen` is the id of the highlighted track, or null. */
export function drawRadar({ context, width, height }: Area, pitch: Pitch, sights: readonly Sight[], chosen: number | null): void {
  const fit = pitchFit(pitch, width, height, RADAR_MARGIN_M);
  drawPitch(context, pitch, fit, 'rgb(220 235 224 / 75%)');
  const placed = sights.filter((sight) => sight.place !== null);
  placed.sort((a, b) => Number(a.track.label === BALL) - Number(b.track.label === BALL));
  for (const sight of placed) drawDot(context, sight, { pitch, fit, width, chosen: sight.track.id === chosen });
}

function drawDot(context: CanvasRenderingContext2D, sight: Sight, { pitch, fit, width, chosen }: { pitch: Pitch; fit: PitchFit; width: number; chosen: boolean }): void {
  const reach = (length: number): number => length / 2 + RADAR_MARGIN_M - 1;
  const [x, y] = sight.place!;
  context.beginPath();
  context.arc(
    fit.x(clamp(x, -reach(pitch.length_m), reach(pitch.length_m))),
    fit.y(clamp(y, -reach(pitch.width_m), reach(pitch.width_m))),
    (sight.track.label === BALL ? 0.009 : 0.0125) * width * (chosen ? 1.5 : 1) + 0.6, 0, 7,
  );
  context.fillStyle = sight.track.colour;
  context.fill();
  context.lineWidth = chosen ? 2 : 1;
  context.strokeStyle = chosen ? '#ffffff' : '#0c121a';
  context.stroke();
}
