// Lanes of the timeline for the sound: whistles, the crowd, loudness by pitch.

import type { Area } from '../shared/canvas';
import { SOUND_COLOURS, pick, type Theme } from '../shared/colours';
import { curveMax } from '../shared/curves';
import { byId, element } from '../shared/dom';
import { clamp, formatClock, percent } from '../shared/format';
import { drawBands, drawCrowd, drawWhistles, readSound, type RawSound, type Sound, type Swell, type Whistle } from '../shared/sound';
import type { Span } from '../shared/view';
import { NEAR_PX, makeRow, type TimelineView } from './timeline';

export type { RawSound };

/** A row of the sound: `colours` and `count` are missing where there is nothing to count. */
interface SoundRow {
  name: string;
  className: string;
  kind?: 'whistle' | 'crowd';
  count?: string;
  hint?: string;
  marks: ReadonlyArray<Whistle | Swell>;
  draw(area: Area, sound: Sound, view: Span, theme: Theme): void;
  tip(time: number, share: number): string[];
}

export class SoundLanes {
  private readonly sound: Sound;
  private readonly box = byId('lanes');

  constructor(raw: RawSound, private readonly timeline: TimelineView, private readonly seek: (seconds: number) => void) {
    this.sound = readSound(raw);
    const title = element('div', 'lane lane-title');
    title.append(element('h3', '', 'Sound'));
    for (const note of raw.notes) title.append(element('span', 'sound-note', note));
    this.box.append(title);
    if (this.sound.whistle.levels.length) for (const row of this.makeRows()) this.addRow(row);
  }

  private makeRows(): SoundRow[] {
    const { whistles, swells } = this.sound;
    return [
      {
        name: 'Whistles', className: 'whistle-lane', kind: 'whistle', count: `${whistles.length} heard`, marks: whistles,
        draw: drawWhistles, tip: (time) => this.whistleTip(time),
      },
      {
        name: 'Crowd', className: 'crowd-lane', kind: 'crowd', count: `${swells.length} ${swells.length === 1 ? 'rise' : 'rises'}`,
        marks: swells, draw: drawCrowd, tip: (time) => this.crowdTip(time),
      },
      {
        name: 'Loudness by pitch', className: 'spectrum-lane', marks: [],
        hint: 'High sounds on top, low ones below; the stronger the colour, the louder',
        draw: drawBands, tip: (_, share) => this.bandTip(share),
      },
    ];
  }

  private addRow({ name, className, kind, count, hint, marks, draw, tip }: SoundRow): void {
    const made = makeRow(`track-lane sound-lane ${className}`, `${name} over time`);
    made.row.dataset.sound = name;
    if (kind) made.head.append(element('span', 'dot'));
    made.head.append(element('span', 'lane-label', name));
    if (count) made.head.append(element('span', 'lane-count', count));
    if (hint) made.head.title = hint;
    this.box.append(made.row);
    this.timeline.addRow({
      plot: made.plot,
      canvas: made.canvas,
      tip: (time, y) => tip(time, y / made.plot.clientHeight),
      draw: (area, view, theme) => {
        if (kind) made.row.style.setProperty('--lane', pick(SOUND_COLOURS[kind], theme.dark));
        draw(area, this.sound, view, theme);
      },
      click: (time) => this.seek(this.nearest(marks, time)?.start ?? time),
    });
  }

  /** Return the mark nearest to a time, within a few pixels. */
  private nearest<M extends { start: number; end?: number }>(marks: readonly M[], time: number): M | null {
    const reach = (NEAR_PX / this.timeline.axis.clientWidth) * this.timeline.view.span;
    const gap = (mark: M): number => Math.max(mark.start - time, time - (mark.end ?? mark.start), 0);
    return marks.filter((mark) => gap(mark) <= reach).sort((a, b) => gap(a) - gap(b))[0] ?? null;
  }

  private whistleTip(time: number): string[] {
    const near = this.nearest(this.sound.whistles, time);
    if (!near) return [`Whistle ${percent(curveMax(this.sound.whistle, time, time))}`];
    const seconds = (near.end - near.start).toFixed(2);
    return [`Whistle at ${formatClock(near.start, 2)}`, `${seconds} s, ${near.pitch} Hz, ${percent(near.confidence)}`];
  }

  private crowdTip(time: number): string[] {
    const near = this.nearest(this.sound.swells, time);
    const loud = `Louder than usual ${percent(curveMax(this.sound.loud, time, time))}`;
    return near ? [`Crowd rises by ${near.rise.toFixed(0)} dB, ${percent(near.confidence)}`, loud] : [loud];
  }

  private bandTip(share: number): string[] {
    const { bandNames } = this.sound;
    return [bandNames[clamp(Math.floor(share * bandNames.length), 0, bandNames.length - 1)]];
  }
}
