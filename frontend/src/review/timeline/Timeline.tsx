// The timeline: heads of the rows as elements, everything else on one canvas.

import { computed, signal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { clockOf, plural } from '../state/words';
import { timelineView, viewChanges } from '../state/timelineview';
import { ActionButton } from '../ui/ActionButton';
import { useDesk } from '../ui/context';
import { RowHead } from './RowHead';
import { AXIS_PX, OVERVIEW_PX, rowsOf, totalHeight } from './rows';
import { TimelineCanvas } from './canvas';

export function Timeline() {
  const desk = useDesk();
  const [box, scroller, canvas, head, tip] = [useRef<HTMLDivElement>(null), useRef<HTMLDivElement>(null), useRef<HTMLCanvasElement>(null), useRef<HTMLDivElement>(null), useRef<HTMLDivElement>(null)];
  const room = useMemo(() => signal(240), [desk]);
  const rows = useMemo(() => computed(() => rowsOf(desk, room.value)), [desk]);
  useEffect(() => {
    const element = box.current!;
    const watcher = new ResizeObserver(() => { room.value = element.clientHeight - AXIS_PX - OVERVIEW_PX; });
    watcher.observe(element);
    const view = new TimelineCanvas(desk, rows, { canvas: canvas.current!, scroller: scroller.current!, head: head.current!, tip: tip.current! });
    return () => { watcher.disconnect(); view.close(); };
  }, [desk]);
  const events = desk.events.value.length;
  return (
    <section class="timeline card" aria-label="Timeline">
      <div class="timeline-box" ref={box}>
        <div class="heads">
          <div class="heads-top"><ActionButton action="zoom-in" quiet class="tiny">+</ActionButton><ActionButton action="zoom-out" quiet class="tiny">−</ActionButton><ActionButton action="zoom-all" quiet class="tiny">All</ActionButton></div>
          <div class="heads-scroll" ref={scroller}>
            <div class="heads-inner" style={{ height: `${totalHeight(rows.value)}px` }}>
              {rows.value.map((row) => <RowHead key={row.kind === 'class' ? `class ${row.label.name}` : row.kind} row={row} />)}
            </div>
          </div>
          <div class="heads-foot soft">{plural(events, 'event')}</div>
        </div>
        <div class="plot">
          <canvas
            ref={canvas} tabIndex={0} role="slider" aria-label="Timeline: arrow keys step through the video, N and P go through the list, + and − zoom"
            aria-valuemin={0} aria-valuemax={Math.round(desk.playback.duration)} aria-valuenow={Math.round(desk.playback.time.value)} aria-valuetext={valueText(desk.playback.time.value)}
          />
          <div class="playhead" ref={head} />
        </div>
        <div class="tip" ref={tip} hidden />
      </div>
    </section>
  );
}

function valueText(time: number): string {
  const view = timelineView.value;
  void viewChanges.value;
  return `${clockOf(time * 1e6, 1)}, showing ${clockOf((view?.from ?? 0) * 1e6, 0)} to ${clockOf((view?.to ?? 0) * 1e6, 0)}`;
}
