// The line between video and timeline, which can be moved by pointer and arrow keys.

import { clamp } from '../../shared/format';
import { timelineHeight } from '../state/settings';

const LEAST = 140;
const STEP = 24;

export function Splitter() {
  const most = Math.max(LEAST, window.innerHeight - 330);
  const set = (height: number): void => { timelineHeight.value = clamp(Math.round(height), LEAST, most); };
  const keys = (event: KeyboardEvent): void => {
    const step = { ArrowUp: STEP, ArrowDown: -STEP }[event.key];
    if (!step) return;
    event.preventDefault();
    set(timelineHeight.value + step);
  };
  return (
    <div
      class="splitter" role="separator" tabIndex={0} aria-label="Height of the timeline" aria-orientation="horizontal"
      aria-valuenow={timelineHeight.value} aria-valuemin={LEAST} aria-valuemax={most} onKeyDown={keys}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => { if (event.buttons) set(window.innerHeight - event.clientY - 4); }}
    />
  );
}
