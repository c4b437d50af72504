// What lies behind the events on the timeline: confidence curves and sound.

import { signal } from '@preact/signals';
import { LEVELS, type Curve } from '../../shared/curves';
import { bytesFromBase64 } from '../../shared/format';
import { bytes, get } from '../api/client';
import type { CurvesInfo, WaveInfo } from '../types';

export interface Whistle { start: number; end: number; confidence: number; pitch: number }
export interface Swell { start: number; confidence: number; rise: number }

export interface Sound {
  whistle: Curve;
  level: Curve;
  loud: Curve;
  whistles: Whistle[];
  swells: Swell[];
}

/** As `touchline.report.sections.sound.sound_data` gives it, as far as it is drawn here. */
interface RawSound {
  step: number;
  whistle: string;
  level: string;
  loud: string;
  whistles: Array<[number, number, number, number]>;
  swells: Array<[number, number, number]>;
}

export class Backdrop {
  readonly curves = signal<ReadonlyMap<string, Curve>>(new Map());
  readonly sound = signal<Sound | null>(null);
  readonly wave = signal<Curve | null>(null);

  async loadCurves(info: CurvesInfo): Promise<void> {
    const all = new Uint8Array(await bytes(info.src));
    this.curves.value = new Map(info.labels.map((label, i) => [label, {
      levels: all.subarray(i * info.samples, (i + 1) * info.samples), start: info.start_us / 1e6, step: info.step_us / 1e6,
    }]));
  }

  /** Load how loud the video is, for one that was not listened to. */
  async loadWave(info: WaveInfo): Promise<void> {
    const levels = new Uint8Array(await bytes(info.src)).map((level) => Math.min(level, LEVELS));
    this.wave.value = { levels, start: 0, step: info.step_us / 1e6 };
  }

  async loadSound(address: string): Promise<void> {
    const answer = await get<RawSound | { sound: RawSound }>(address);
    const raw = 'sound' in answer ? answer.sound : answer;
    const curve = (text: string): Curve => ({ levels: bytesFromBase64(text), start: 0, step: raw.step });
    this.sound.value = {
      whistle: curve(raw.whistle), level: curve(raw.level), loud: curve(raw.loud),
      whistles: raw.whistles.map(([start, end, confidence, pitch]) => ({ start, end, confidence, pitch })),
      swells: raw.swells.map(([start, confidence, rise]) => ({ start, confidence, rise })),
    };
  }
}
