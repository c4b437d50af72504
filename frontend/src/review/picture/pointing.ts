// The pointer on the picture: select a player, place a point, drag a box, or play and pause.

import { personAt, type PictureFrame } from '../../shared/people';
import { change } from '../commands/edit';
import { pick } from '../commands/people';
import { play } from '../commands/play';
import { announce } from '../state/announce';
import type { Desk } from '../state/desk';
import type { Person } from '../state/people';
import { showBoxes } from '../state/settings';
import type { BoxDrag, Grip } from './boxdrag';

/** Listen on the canvas above the picture; return how to stop. */
export function listenToPicture(canvas: HTMLCanvasElement, desk: Desk, frameOf: () => PictureFrame, drag: BoxDrag): () => void {
  const at = (event: PointerEvent): [number, number] => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const listeners = {
    pointerdown: (event: PointerEvent) => {
      if (event.button === 0 && drag.begin(...at(event))) canvas.setPointerCapture(event.pointerId);
    },
    pointermove: (event: PointerEvent) => {
      if (drag.active) drag.move(...at(event));
      else canvas.style.cursor = cursorAt(desk, drag.gripAt(...at(event)), personUnder(desk, frameOf(), at(event)));
    },
    pointerup: (event: PointerEvent) => {
      if (drag.end() || event.button !== 0) return;
      click(desk, frameOf(), at(event));
    },
    pointercancel: () => { drag.end(); },
  };
  for (const [name, listener] of Object.entries(listeners)) canvas.addEventListener(name, listener as EventListener);
  return () => { for (const [name, listener] of Object.entries(listeners)) canvas.removeEventListener(name, listener as EventListener); };
}

function click(desk: Desk, frame: PictureFrame, place: [number, number]): void {
  if (desk.picking.value === 'point') {
    void setPoint(desk, [(place[0] - frame.left) / frame.scale, (place[1] - frame.top) / frame.scale]);
    return;
  }
  const person = personUnder(desk, frame, place);
  if (person) pick(desk, person.fragment); else if (!desk.picking.value) play(desk);
}

function personUnder(desk: Desk, frame: PictureFrame, [x, y]: [number, number]): Person | null {
  if (!showBoxes.value) return null;
  return personAt(desk.people.at(desk.playback.time.value), frame, x, y) as Person | null;
}

/** Store a point with the selected event, in pixels and where the pitch is known in metres. */
async function setPoint(desk: Desk, exact: [number, number]): Promise<void> {
  desk.picking.value = null;
  const point: [number, number] = [Math.round(exact[0] * 10) / 10, Math.round(exact[1] * 10) / 10];
  const address = desk.data.parts.place;
  let metres: [number, number] | null = null;
  if (address) {
    try {
      metres = (await desk.api.place(address, desk.playback.timeUs, point)).point_m;
    } catch {
      announce('The place on the pitch is not known; the point on the picture is kept');
    }
  }
  const words = metres ? `${metres[0].toFixed(1)} m, ${metres[1].toFixed(1)} m from the centre spot` : `pixel ${point.map(Math.round).join(', ')}`;
  change(desk, { point_px: point, point_m: metres }, `Point: ${words}`);
}

function cursorAt(desk: Desk, grip: Grip | null, person: Person | null): string {
  if (desk.picking.value === 'point') return 'crosshair';
  if (!grip) return person ? 'pointer' : 'default';
  if (grip.x && grip.y) return grip.x === grip.y ? 'nwse-resize' : 'nesw-resize';
  return grip.x ? 'ew-resize' : grip.y ? 'ns-resize' : 'move';
}
