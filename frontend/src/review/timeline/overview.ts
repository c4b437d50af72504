// The whole video in one strip: events, reviewed parts, and a frame around the part in view.

import { drawGaps, type Area } from '../../shared/canvas';
import { pick } from '../../shared/colours';
import { drawViewFrame } from '../../shared/lanes';
import { xOf } from '../../shared/view';
import type { Scene } from './scene';

export function paintOverview(area: Area, { desk, view, theme, gaps }: Scene): void {
  const { context, width, height } = area;
  const whole = { from: 0, to: desk.playback.duration };
  context.fillStyle = theme.surface;
  context.fillRect(0, 0, width, height);
  context.fillStyle = theme.accent;
  context.globalAlpha = 0.35;
  for (const [start, end] of desk.reviewed.value) {
    const x = xOf(start / 1e6, whole, width);
    context.fillRect(x, height - 4, Math.max(1, xOf(end / 1e6, whole, width) - x), 4);
  }
  context.globalAlpha = 1;
  drawGaps(area, gaps, whole, theme);
  paintEvents(area, desk, theme.dark);
  drawViewFrame(area, view, whole, theme);
}

function paintEvents({ context, width, height }: Area, desk: Scene['desk'], dark: boolean): void {
  const labels = desk.labels.value;
  const row = (height - 6) / Math.max(1, labels.length);
  labels.forEach((label, at) => {
    context.beginPath();
    let last = -1;
    for (const event of desk.byLabel.value.get(label.name) ?? []) {
      const x = Math.round((event.start / desk.playback.duration) * width);
      if (x === last || !desk.counts(event)) continue;
      last = x;
      context.rect(x - 1, 2 + at * row, 1.5, Math.max(1.5, row - 0.5));
    }
    context.fillStyle = pick(label.colours, dark);
    context.fill();
  });
}
