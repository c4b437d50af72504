// The canvas above the video: boxes and names, the points of events, and correcting the box of the selected player.

import { useEffect, useRef } from 'preact/hooks';
import type { RefObject } from 'preact';
import { effect } from '@preact/signals';
import { preparedCanvas } from '../../shared/canvas';
import { drawPeople, pictureFrame, type PictureFrame } from '../../shared/people';
import type { Desk } from '../state/desk';
import { showBoxes, showNames } from '../state/settings';
import { useDesk } from '../ui/context';
import { BoxDrag, drawHandles } from './boxdrag';
import { drawPoint } from './points';
import { listenToPicture } from './pointing';

export function Overlay({ video }: { video: RefObject<HTMLVideoElement | null> }) {
  const desk = useDesk();
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const [surface, element] = [canvas.current!, video.current!];
    const frameOf = (): PictureFrame => pictureFrame(element, ...sizeOf(desk));
    const drag = new BoxDrag(desk, frameOf);
    const draw = (): void => paint(desk, surface, frameOf(), drag);
    const watcher = new ResizeObserver(draw);
    watcher.observe(element);
    const stopListening = listenToPicture(surface, desk, frameOf, drag);
    const stopDrawing = effect(draw);
    return () => { watcher.disconnect(); stopListening(); stopDrawing(); };
  }, [desk]);
  return <canvas ref={canvas} class="overlay" role="img" aria-label="Boxes and names of the players on the picture; the list of players selects them by keyboard" />;
}

/** Return the size of the picture that boxes and points refer to. */
export function sizeOf(desk: Desk): [number, number] {
  const store = desk.people.store.value;
  return store ? [store.width, store.height] : [desk.data.video.width, desk.data.video.height];
}

function paint(desk: Desk, canvas: HTMLCanvasElement, frame: PictureFrame, drag: BoxDrag): void {
  const { context } = preparedCanvas(canvas);
  const { people, playback } = desk;
  const time = playback.time.value;
  const store = people.store.value;
  const chosen = people.selectedAt(time);
  if (store && showBoxes.value) {
    const sights = people.at(time).map((sight) => (sight.fragment === chosen?.fragment && drag.box.value ? drag.applied(sight) : sight));
    drawPeople(context, sights, { store, time, frame, chosen: chosen?.track.id ?? null, ids: showNames.value });
    if (chosen && playback.paused.value && desk.mayWrite) drawHandles(context, drag.applied(chosen), frame);
  }
  const event = desk.selected.value;
  if (event?.point_px) drawPoint(context, event.point_px, frame);
}
