import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawPeople, personAt, type PictureFrame } from '../src/shared/people';
import { freestCorner } from '../src/review/picture/corners';
import type { Sight, Track, TrackStore } from '../src/shared/tracks';

const PLAYER = 2;
const frame: PictureFrame = { left: 0, top: 0, scale: 1 };

function sight(id: number, x: number, y: number, height: number): Sight {
  const track = { id, label: PLAYER, title: String(id), colour: '#2f80ff', actions: [] } as unknown as Track;
  return { track, x, y, width: 0.4 * height, height, observed: true, place: null };
}

/** Draw people and return the texts of their labels, sorted. */
function labels(sights: Sight[], chosen: number | null = null): string[] {
  const texts: string[] = [];
  const nothing = (): void => undefined;
  const context = new Proxy({} as Record<string, unknown>, {
    get: (target, name: string) => {
      if (name === 'measureText') return (text: string) => ({ width: 6 * text.length });
      if (name === 'fillText') return (text: string) => { texts.push(text); };
      return target[name] ?? nothing;
    },
  }) as unknown as CanvasRenderingContext2D;
  const store = { width: 400, height: 225, colours: { ball: '#fff' }, doing: () => ({ action: [], movement: [], ball: [] }) } as unknown as TrackStore;
  drawPeople(context, sights, { store, time: 0, frame, chosen, ids: true });
  return texts.sort();
}

test('where people are small, a label that would hide somebody is left out', () => {
  const behind = sight(1, 100, 50, 20);
  const before = sight(2, 100, 71, 20);   // the label above this one lies over the other's legs
  assert.deepEqual(labels([behind, before]), ['1']);
  assert.deepEqual(labels([behind, before], 2), ['1', '2']);
});

test('people who stand apart, and people who are large, all have labels', () => {
  assert.deepEqual(labels([sight(1, 50, 50, 20), sight(2, 200, 71, 20)]), ['1', '2']);
  assert.deepEqual(labels([sight(1, 100, 20, 80), sight(2, 100, 101, 80)]), ['1', '2']);
});

test('of several people at a point, the nearest to the camera is meant', () => {
  const people = [sight(1, 100, 50, 60), sight(2, 100, 60, 60)];
  assert.equal(personAt(people, frame, 110, 80)?.track.id, 2);
  assert.equal(personAt(people, frame, 110, 55)?.track.id, 1);
  assert.equal(personAt(people, frame, 300, 55), null);
});

test('the radar starts in the corner where it hides fewest players, at the bottom left if all are equal', () => {
  const at = (left: number, top: number) => ({ left, top, width: 10, height: 20 });
  const corner = (...boxes: ReturnType<typeof at>[]) => freestCorner(boxes, [400, 200], [100, 60]);
  assert.deepEqual(corner(), { x: 0, y: 1 });
  assert.deepEqual(corner(at(200, 100)), { x: 0, y: 1 });
  assert.deepEqual(corner(at(95, 125)), { x: 1, y: 1 });
  assert.deepEqual(corner(at(95, 125), at(350, 190), at(1, 1), at(2, 2)), { x: 1, y: 0 });
});
