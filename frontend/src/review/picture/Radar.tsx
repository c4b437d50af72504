// The pitch from above, with everyone whose place is known. It can be moved by dragging and by arrow keys, and a click
// selects a player.

import { effect } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { preparedCanvas } from '../../shared/canvas';
import { clamp } from '../../shared/format';
import { pictureFrame } from '../../shared/people';
import { drawRadar, pitchFit, RADAR_MARGIN_M, radarShape } from '../../shared/pitch';
import { pick } from '../commands/people';
import type { Desk } from '../state/desk';
import { radarPlace, showRadar, type Place } from '../state/settings';
import { useDesk } from '../ui/context';
import { CORNERS, freestCorner } from './corners';

const HIT_PX = 12;
const MOVE_PX = 4;
const STEP = 0.05;
const SAMPLES = 60;

export function Radar() {
  const desk = useDesk();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [corner, setCorner] = useState<Place>(CORNERS[0]);
  const store = desk.people.store.value;
  const shown = store !== null && store.placed && showRadar.value;
  useEffect(() => {
    if (!shown || !canvas.current) return undefined;
    const element = canvas.current;
    const stop = effect(() => paint(desk, element));
    const stopMoving = listenToRadar(desk, element);
    const watcher = new ResizeObserver(() => { setCorner(freeCorner(desk, element)); paint(desk, element); });
    watcher.observe(element.parentElement!);
    return () => { stop(); stopMoving(); watcher.disconnect(); };
  }, [desk, shown]);
  if (!shown) return null;
  const { x, y } = radarPlace.value ?? corner;
  const style = {
    aspectRatio: `${1 / radarShape(store.pitch)}`,
    left: `${100 * x}%`, top: `${100 * y}%`, transform: `translate(${-100 * x}%, ${-100 * y}%)`,
  };
  return (
    <canvas
      ref={canvas} class="radar" style={style} role="img" tabIndex={0} data-moves title="Drag or use the arrow keys to move the radar; double-click puts it back"
      aria-label="Radar: the players on the pitch from above; arrow keys move it, Escape puts it back" onKeyDown={(event) => moveByKey(event, { x, y })}
    />
  );
}

/** Return the corner in which the radar hides fewest players over the whole video. */
function freeCorner(desk: Desk, canvas: HTMLCanvasElement): Place {
  const { value: store } = desk.people.store;
  const screen = canvas.parentElement!;
  const video = screen.querySelector('video');
  if (!store || !video) return CORNERS[0];
  const frame = pictureFrame(video, store.width, store.height);
  const times = Array.from({ length: SAMPLES }, (_, i) => ((i + 0.5) / SAMPLES) * desk.playback.duration);
  const boxes = times.flatMap((time) => store.at(time)).map((sight) => ({
    left: frame.left + sight.x * frame.scale, top: frame.top + sight.y * frame.scale, width: sight.width * frame.scale, height: sight.height * frame.scale,
  }));
  return freestCorner(boxes, [screen.clientWidth, screen.clientHeight], [canvas.offsetWidth, canvas.offsetHeight]);
}

function moveByKey(event: KeyboardEvent, { x, y }: Place): void {
  const step = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
  if (!step && event.key !== 'Escape') return;
  event.preventDefault();
  event.stopPropagation();
  radarPlace.value = step ? { x: clamp(x + step[0], 0, 1), y: clamp(y + step[1], 0, 1) } : null;
}

function paint(desk: Desk, canvas: HTMLCanvasElement): void {
  const store = desk.people.store.value;
  const sights = desk.people.at(desk.playback.time.value);
  const area = preparedCanvas(canvas);
  if (store) drawRadar(area, store.pitch, sights, desk.people.selectedAt(desk.playback.time.value)?.track.id ?? null);
}

/** A drag moves the radar, a click selects the player nearest to it, a double click puts it back. */
function listenToRadar(desk: Desk, canvas: HTMLCanvasElement): () => void {
  let from: { x: number; y: number; left: number; top: number; moved: boolean } | null = null;
  const listeners = {
    mousedown: (event: MouseEvent) => event.preventDefault(),   // a click leaves the arrow keys to the video
    pointerdown: (event: PointerEvent) => {
      if (event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      const [box, screen] = [canvas.getBoundingClientRect(), canvas.parentElement!.getBoundingClientRect()];
      from = { x: event.clientX, y: event.clientY, left: box.left - screen.left, top: box.top - screen.top, moved: false };
    },
    pointermove: (event: PointerEvent) => {
      if (!from) return;
      const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
      from.moved ||= Math.hypot(dx, dy) > MOVE_PX;
      const screen = canvas.parentElement!;
      const share = (value: number, room: number): number => (room > 0 ? clamp(value / room, 0, 1) : 0);
      if (!from.moved) return;
      radarPlace.value = {
        x: share(from.left + dx, screen.clientWidth - canvas.offsetWidth), y: share(from.top + dy, screen.clientHeight - canvas.offsetHeight),
      };
    },
    pointerup: (event: PointerEvent) => {
      if (from && !from.moved) select(desk, canvas, event);
      from = null;
    },
    pointercancel: () => { from = null; },
    dblclick: () => { radarPlace.value = null; },
  };
  for (const [name, listener] of Object.entries(listeners)) canvas.addEventListener(name, listener as EventListener);
  return () => { for (const [name, listener] of Object.entries(listeners)) canvas.removeEventListener(name, listener as EventListener); };
}

function select(desk: Desk, canvas: HTMLCanvasElement, event: PointerEvent): void {
  const { value: store } = desk.people.store;
  if (!store) return;
  const box = canvas.getBoundingClientRect();
  const fit = pitchFit(store.pitch, box.width, box.height, RADAR_MARGIN_M);
  const near = desk.people.at(desk.playback.time.value).filter((person) => person.place).map((person) => ({
    person, gap: Math.hypot(fit.x(person.place![0]) - (event.clientX - box.left), fit.y(person.place![1]) - (event.clientY - box.top)),
  })).sort((a, b) => a.gap - b.gap)[0];
  if (near && near.gap <= HIT_PX) pick(desk, near.person.fragment);
}
