// The lanes of the live page: one a label, the latest minutes, what is final and what may still change.

import { effect, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { isDark } from '../review/state/settings';
import { drawAxis, drawGaps, drawGrid, gapWords, preparedCanvas, within, type Area, type Gap } from '../shared/canvas';
import { PALETTE, pick, themeColours, type Theme } from '../shared/colours';
import { US_PER_S, formatClock } from '../shared/format';
import { xOf, type Span } from '../shared/view';
import { live } from './feed';
import { labelsOf, type LiveEvent } from './messages';

const AXIS_PX = 22;
const LANE_PX = 40;
const MARK_PX = 6;
const MOST_GAPS = 20;
const SPANS: ReadonlyArray<[number, string]> = [[60, '1 min'], [300, '5 min'], [1800, '30 min'], [0, 'All']];

/** Seconds in view; 0 for everything. */
const shown = signal(60);
const resized = signal(0);

export function Lanes() {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const watcher = new ResizeObserver(() => { resized.value += 1; });
    watcher.observe(canvas.current!);
    const stop = effect(() => {
      void [resized.value, isDark.value];
      draw(canvas.current!);
    });
    return () => { watcher.disconnect(); stop(); };
  }, []);
  const labels = labelsOf(live.value);
  return (
    <section class="lanes card" aria-label="Timeline">
      <div class="row wrap lanes-head">
        <h2 class="grow">Timeline</h2>
        {SPANS.map(([seconds, words]) => (
          <button type="button" key={words} class="small" aria-pressed={shown.value === seconds} onClick={() => { shown.value = seconds; }}>{words}</button>
        ))}
      </div>
      <div class="lanes-body">
        <ul class="lane-names">
          {labels.map((label, index) => (
            <li key={label} class="row"><span class="dot" ref={(dot) => paintDot(dot, index)} /><bdi>{label}</bdi></li>
          ))}
        </ul>
        <canvas ref={canvas} class="lane-canvas" role="img" aria-label={`${labels.length} lanes of events`} />
      </div>
      <p class="soft legend">Filled marks are final; outlined ones may still change. Hatched: pictures that were lost.</p>
      <GapList />
    </section>
  );
}

/** The lost and doubtful spans in words, the latest first. */
function GapList() {
  const { gaps, doubtful } = live.value.status;
  const all = [...gapsOf(gaps, false), ...gapsOf(doubtful, true)].sort((a, b) => b.start - a.start).slice(0, MOST_GAPS);
  if (!all.length) return null;
  return (
    <ul class="gaps">
      {all.map((gap) => (
        <li key={`${gap.start}-${gap.reason}`} class={gap.doubtful ? 'doubtful' : ''}>{formatClock(gap.start, 1)} to {formatClock(gap.end, 1)}: {gapWords(gap)}</li>
      ))}
    </ul>
  );
}

/** Colour the dot of a lane; the page's policy allows no style attributes. */
export function paintDot(dot: HTMLElement | null, index: number): void {
  dot?.style.setProperty('--lane', pick(PALETTE[index % PALETTE.length], isDark.value));
}

function draw(canvas: HTMLCanvasElement): void {
  const state = live.value;
  const labels = labelsOf(state);
  const to = Math.max((state.status.time_us ?? 0) / US_PER_S, ...[...state.events.values()].map((event) => event.time_us / US_PER_S), 1);
  const view: Span = { from: shown.value ? Math.max(0, to - shown.value) : 0, to: shown.value ? Math.max(to, shown.value) : to };
  const theme = themeColours();
  canvas.style.setProperty('height', `${AXIS_PX + LANE_PX * labels.length}px`);
  const area = preparedCanvas(canvas);
  within(area, { x: 0, y: 0, width: area.width, height: AXIS_PX }, (part) => drawAxis(part, view, theme));
  const gaps = [...gapsOf(state.status.gaps, false), ...gapsOf(state.status.doubtful, true)];
  labels.forEach((label, index) => {
    const box = { x: 0, y: AXIS_PX + index * LANE_PX, width: area.width, height: LANE_PX };
    const events = [...state.events.values()].filter((event) => event.label === label);
    within(area, box, (part) => drawLane(part, events, { view, theme, gaps, colour: pick(PALETTE[index % PALETTE.length], theme.dark) }));
  });
}

function gapsOf(gaps: readonly { start_us: number; end_us: number; reason: string }[] | undefined, doubtful: boolean): Gap[] {
  return (gaps ?? []).map((gap) => ({ start: gap.start_us / US_PER_S, end: gap.end_us / US_PER_S, reason: gap.reason, doubtful }));
}

function drawLane(area: Area, events: readonly LiveEvent[], how: { view: Span; theme: Theme; gaps: readonly Gap[]; colour: string }): void {
  const { context, width, height } = area;
  drawGrid(area, how.view, how.theme);
  drawGaps(area, how.gaps, how.view, how.theme);
  context.fillStyle = how.theme.line;
  context.fillRect(0, height - 1, width, 1);
  context.lineWidth = 1.5;
  context.fillStyle = context.strokeStyle = how.colour;
  for (const event of events) {
    const x = xOf(event.time_us / US_PER_S, how.view, width);
    const y = height - MARK_PX - 4 - event.confidence * (height - 2 * MARK_PX - 8);
    context.globalAlpha = 0.35;
    context.fillRect(x - 0.5, y, 1, height - y);
    context.globalAlpha = 1;
    context.beginPath();
    context.moveTo(x, y - MARK_PX);
    context.lineTo(x + MARK_PX, y);
    context.lineTo(x, y + MARK_PX);
    context.lineTo(x - MARK_PX, y);
    context.closePath();
    if (event.final) context.fill(); else context.stroke();
  }
}
