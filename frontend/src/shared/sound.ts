// The results on the sound and the drawing of their lanes: whistles, the crowd, loudness by pitch.

import { curvePoints, drawCurve, drawGrid, type Area } from './canvas';
import { SOUND_COLOURS, pick, type Theme } from './colours';
import { LEVELS, type Curve } from './curves';
import { bytesFromBase64 } from './format';
import { xOf, type Span } from './view';

/** The sound as `touchline.report.sections.sound.sound_data` gives it. */
export interface RawSound {
  step: number;
  whistle: string;
  loud: string;
  onset: string;
  level: string;
  bands: string;
  band_names: string[];
  whistles: Array<[number, number, number, number]>;
  swells: Array<[number, number, number]>;
  notes: string[];
}

export interface Whistle {
  start: number;
  end: number;
  confidence: number;
  /** Pitch in Hz. */
  pitch: number;
}

/** A rise of the crowd. */
export interface Swell {
  start: number;
  confidence: number;
  /** Rise in dB. */
  rise: number;
}

export interface Sound {
  whistle: Curve;
  /** Confidence that it is louder than usual. */
  loud: Curve;
  level: Curve;
  /** Power by band from the highest down, sample by sample. */
  bands: Curve;
  bandNames: string[];
  whistles: Whistle[];
  swells: Swell[];
  notes: string[];
}

export function readSound(raw: RawSound): Sound {
  const curve = (text: string): Curve => ({ levels: bytesFromBase64(text), start: 0, step: raw.step });
  return {
    whistle: curve(raw.whistle), loud: curve(raw.loud), level: curve(raw.level), bands: curve(raw.bands),
    bandNames: raw.band_names, notes: raw.notes,
    whistles: raw.whistles.map(([start, end, confidence, pitch]) => ({ start, end, confidence, pitch })),
    swells: raw.swells.map(([start, confidence, rise]) => ({ start, confidence, rise })),
  };
}

const yIn = (height: number) => (value: number): number => height - 1 - value * (height - 10);

/** Draw the confidence of a whistle as a curve, and the whistles as bars above it. */
export function drawWhistles(area: Area, sound: Sound, view: Span, theme: Theme): void {
  const { context, width, height } = area;
  const colour = pick(SOUND_COLOURS.whistle, theme.dark);
  drawGrid(area, view, theme);
  drawCurve(context, curvePoints(sound.whistle, view, width), yIn(height), height, colour);
  for (const whistle of sound.whistles) {
    const left = xOf(whistle.start, view, width);
    const right = Math.max(left + 2, xOf(whistle.end, view, width));
    if (right < 0 || left > width) continue;
    context.fillStyle = colour;
    context.globalAlpha = 0.35 + 0.65 * whistle.confidence;
    context.fillRect(left, 2, right - left, 5);
    context.globalAlpha = 1;
  }
}

/** Draw the level of the crowd as a curve, loud parts shaded, rises as arrows. */
export function drawCrowd(area: Area, sound: Sound, view: Span, theme: Theme): void {
  const { context, width, height } = area;
  const colour = pick(SOUND_COLOURS.crowd, theme.dark);
  drawGrid(area, view, theme);
  context.fillStyle = colour;
  const wide = Math.max(1, (sound.loud.step / (view.to - view.from)) * width + 0.5);
  for (const [x, value] of curvePoints(sound.loud, view, width)) {
    if (!value) continue;
    context.globalAlpha = 0.3 * value;
    context.fillRect(x, 0, wide, height);
  }
  context.globalAlpha = 1;
  drawCurve(context, curvePoints(sound.level, view, width), yIn(height), height, colour);
  for (const swell of sound.swells) drawRise(area, xOf(swell.start, view, width), swell.confidence, colour);
}

function drawRise({ context, width, height }: Area, x: number, confidence: number, colour: string): void {
  if (x < -5 || x > width + 5) return;
  context.fillStyle = colour;
  context.globalAlpha = 0.4 + 0.6 * confidence;
  context.beginPath();
  context.moveTo(x - 4, 9);
  context.lineTo(x + 4, 9);
  context.lineTo(x, 1);
  context.fill();
  context.fillRect(x - 0.5, 9, 1, height - 9);
  context.globalAlpha = 1;
}

/** Draw loudness by pitch: high sounds on top, darker is louder. */
export function drawBands({ context, width, height }: Area, sound: Sound, view: Span, theme: Theme): void {
  const { levels, step } = sound.bands;
  const count = sound.bandNames.length;
  const samples = levels.length / count;
  const perPixel = (view.to - view.from) / width;
  const wide = Math.max(1, step / perPixel);
  context.fillStyle = theme.dark ? '#f0b93a' : '#9a4d00';
  for (let x = 0; x < width; x += wide) {
    const first = Math.floor((view.from + x * perPixel) / step);
    const last = Math.max(first, Math.floor((view.from + (x + wide) * perPixel) / step) - 1);
    if (first >= samples) break;
    for (let band = 0; band < count; band += 1) {
      let level = 0;
      for (let i = first; i <= Math.min(last, samples - 1); i += 1) level = Math.max(level, levels[i * count + band]);
      context.globalAlpha = (level / LEVELS) ** 2;
      context.fillRect(x, (band * height) / count, wide + 0.5, height / count);
    }
  }
  context.globalAlpha = 1;
}
