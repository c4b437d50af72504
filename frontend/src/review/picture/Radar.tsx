// The pitch from above, with everyone whose place is known. It can be moved by dragging, and a click selects a player.

import { effect, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { preparedCanvas } from '../../shared/canvas';
import { drawRadar, pitchFit, RADAR_MARGIN_M, radarShape } from '../../shared/pitch';
import { pick } from '../commands/people';
import type { Desk } from '../state/desk';
import { showRadar } from '../state/settings';
import { useDesk } from '../ui/context';

const HIT_PX = 12;
const MOVE_PX = 4;
const place = signal<{ x: number; y: number } | null>(null);

export function Radar() {
  const desk = useDesk();
  const canvas = useRef<HTMLCanvasElement>(null);
  const store = desk.people.store.value;
  const shown = store !== null && store.placed && showRadar.value;
  useEffect(() => {
    if (!shown || !canvas.current) return undefined;
    const stop = effect(() => paint(desk, canvas.current!));
    const stopMoving = listenToRadar(desk, canvas.current);
    return () => { stop(); stopMoving(); };
  }, [desk, shown]);
  if (!shown) return null;
  const style = {
    aspectRatio: `${1 / radarShape(store.pitch)}`,
    ...(place.value && { left: `${place.value.x}px`, top: `${place.value.y}px`, right: 'auto', bottom: 'auto', transform: 'none' }),
  };
  return <canvas ref={canvas} class="radar" style={style} role="img" aria-label="Radar: the players on the pitch from above" />;
}

function paint(desk: Desk, canvas: HTMLCanvasElement): void {
  const store = desk.people.store.value;
  const sights = desk.people.at(desk.playback.time.value);
  const area = preparedCanvas(canvas);
  if (store) drawRadar(area, store.pitch, sights, desk.people.selectedAt(desk.playback.time.value)?.track.id ?? null);
}

/** A drag moves the radar, a click selects the player nearest to it. */
function listenToRadar(desk: Desk, canvas: HTMLCanvasElement): () => void {
  let from: { x: number; y: number; left: number; top: number; moved: boolean } | null = null;
  const listeners = {
    pointerdown: (event: PointerEvent) => {
      canvas.setPointerCapture(event.pointerId);
      const [box, screen] = [canvas.getBoundingClientRect(), canvas.parentElement!.getBoundingClientRect()];
      from = { x: event.clientX, y: event.clientY, left: box.left - screen.left, top: box.top - screen.top, moved: false };
    },
    pointermove: (event: PointerEvent) => {
      if (!from) return;
      const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
      from.moved ||= Math.hypot(dx, dy) > MOVE_PX;
      const screen = canvas.parentElement!;
      const limit = (value: number, most: number): number => Math.max(0, Math.min(value, most));
      if (!from.moved) return;
      place.value = {
        x: limit(from.left + dx, screen.clientWidth - canvas.clientWidth), y: limit(from.top + dy, screen.clientHeight - canvas.clientHeight),
      };
    },
    pointerup: (event: PointerEvent) => {
      if (from && !from.moved) select(desk, canvas, event);
      from = null;
    },
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
