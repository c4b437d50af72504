// The list of events; only the rows in view exist.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { ReviewEvent } from '../../model/events';
import { plural } from '../../state/words';
import { useDesk } from '../context';
import { EventRow } from './EventRow';

const ROW_PX = 27;
const SPARE = 6;

export function EventList() {
  const desk = useDesk();
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 300 });
  const queue = desk.queue.value;
  const selected = queue.findIndex((event) => event.id === desk.selectedId.value);
  useEffect(() => {
    const element = box.current!;
    const measure = (): void => setView({ top: element.scrollTop, height: element.clientHeight });
    const watcher = new ResizeObserver(measure);
    watcher.observe(element);
    return () => watcher.disconnect();
  }, []);
  useEffect(() => { if (selected >= 0) reveal(box.current!, selected); }, [selected, desk.selectedId.value]);
  const first = Math.max(0, Math.floor(view.top / ROW_PX) - SPARE);
  const rows = queue.slice(first, Math.ceil((view.top + view.height) / ROW_PX) + SPARE);
  return (
    <div
      ref={box} class="event-list" role="listbox" tabIndex={0} aria-label={`Events: ${plural(queue.length, 'event')}`}
      aria-activedescendant={selected >= 0 ? `event-${desk.selectedId.value}` : undefined} data-count={queue.length}
      onScroll={(event) => setView({ top: event.currentTarget.scrollTop, height: event.currentTarget.clientHeight })}
    >
      <div class="event-rows" role="presentation" style={{ height: `${queue.length * ROW_PX}px` }}>
        {rows.map((event, i) => <Placed key={event.id} event={event} at={first + i} count={queue.length} />)}
      </div>
      {!queue.length && <p class="empty">{emptyWords(desk.events.value.length)}</p>}
    </div>
  );
}

function Placed({ event, at, count }: { event: ReviewEvent; at: number; count: number }) {
  const desk = useDesk();
  const selected = event.id === desk.selectedId.value;
  return (
    <div
      class="event-row" id={`event-${event.id}`} role="option" aria-selected={selected} aria-setsize={count} aria-posinset={at + 1}
      style={{ transform: `translateY(${at * ROW_PX}px)` }} data-id={event.id} data-state={event.state} onClick={() => desk.choose(event)}
    >
      <EventRow event={event} />
    </div>
  );
}

function reveal(box: HTMLElement, at: number): void {
  const [top, bottom] = [at * ROW_PX, (at + 1) * ROW_PX];
  if (top < box.scrollTop) box.scrollTop = top - ROW_PX;
  else if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight + ROW_PX;
}

function emptyWords(all: number): string {
  return all ? 'Nothing here passes the filters above.' : 'No events yet. Play the video and press the key of a class to add one.';
}
