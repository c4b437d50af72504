// The lane of the timeline that shows when the ball is in play.

import { drawGaps, drawGrid } from '../shared/canvas';
import { PLAY_COLOURS, pick } from '../shared/colours';
import { byId, element } from '../shared/dom';
import { US_PER_S, percent } from '../shared/format';
import { xOf } from '../shared/view';
import { makeRow, type TimelineView } from './timeline';

/** A span in or out of play: start and end in us, whether the ball is in play, and how sure that is, 0 to 1. */
export type RawPlaySpan = [number, number, boolean, number];

interface PlaySpan {
  start: number;
  end: number;
  inPlay: boolean;
  sure: number;
}

/** Return the share of the known time in which the ball is in play, 0 to 1. */
export function shareInPlay(raw: readonly RawPlaySpan[]): number {
  const length = (spans: readonly RawPlaySpan[]): number => spans.reduce((sum, [start, end]) => sum + end - start, 0);
  const whole = length(raw);
  return whole ? length(raw.filter(([, , inPlay]) => inPlay)) / whole : 0;
}

/** Add the lane to the timeline. */
export function addPlayLane(raw: readonly RawPlaySpan[], timeline: TimelineView): void {
  const spans: PlaySpan[] = raw.map(([start, end, inPlay, sure]) => ({ start: start / US_PER_S, end: end / US_PER_S, inPlay, sure }));
  const made = makeRow('track-lane play-lane', 'Ball in play over time');
  made.row.dataset.group = 'Play';
  const count = element('span', 'lane-count', raw.length ? `${percent(shareInPlay(raw))} of what is known` : 'not known');
  count.title = 'Share of the time in wide shots in which the ball is in play';
  made.head.append(element('span', 'lane-label', 'In play'), count);
  byId('lanes').append(made.row);
  timeline.addRow({
    ...made,
    draw: (area, view, theme) => {
      const { context, width, height } = area;
      drawGrid(area, view, theme);
      for (const span of spans) {
        const left = xOf(span.start, view, width);
        const right = Math.max(xOf(span.end, view, width), left + 1);
        if (right < 0 || left > width) continue;
        context.fillStyle = pick(span.inPlay ? PLAY_COLOURS.in : PLAY_COLOURS.out, theme.dark);
        context.globalAlpha = 0.35 + 0.65 * span.sure;
        const top = span.inPlay ? 4 : height / 2;
        context.fillRect(left, top, right - left, height - 4 - top);
      }
      context.globalAlpha = 1;
      drawGaps(area, timeline.gaps, view, theme);
    },
    tip: (time) => {
      const span = spans.find((one) => time >= one.start && time < one.end);
      return [span ? `${span.inPlay ? 'In play' : 'Out of play'}, ${percent(span.sure)} sure` : 'Not known here'];
    },
  });
}
