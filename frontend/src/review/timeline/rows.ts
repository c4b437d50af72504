// The rows of the timeline: what they are, and where they lie.

import { clamp } from '../../shared/format';
import type { Label } from '../model/labels';
import type { Desk } from '../state/desk';

export const AXIS_PX = 24;
export const OVERVIEW_PX = 30;
const LEAST_CLASS_PX = 30;
const MOST_CLASS_PX = 84;
const BESIDE_PX = 14;
const THIN_PX = 20;
const SOUND_PX = 26;
const PERSON_PX = 30;

export type Row = { top: number; height: number } & (
  | { kind: 'reviewed' } | { kind: 'shots' } | { kind: 'class'; label: Label } | { kind: 'whistles' } | { kind: 'crowd' } | { kind: 'wave' } | { kind: 'person' } | { kind: 'keepers' }
);

type Bare = Row extends infer R ? (R extends Row ? Omit<R, 'top' | 'height'> : never) : never;

/** Return the rows from top to bottom; `room` is the height for them without scrolling. */
export function rowsOf(desk: Desk, room: number): Row[] {
  const bare = bareRows(desk);
  const classes = bare.filter((row) => row.kind === 'class').length;
  const rest = bare.reduce((sum, row) => sum + (row.kind === 'class' ? 0 : heightOf(row, 0)), 0);
  const each = clamp(Math.floor((room - rest) / Math.max(1, classes)), LEAST_CLASS_PX, MOST_CLASS_PX) + (desk.version.value ? BESIDE_PX : 0);
  let top = 0;
  return bare.map((row) => {
    const height = heightOf(row, each);
    const placed = { ...row, top, height } as Row;
    top += height;
    return placed;
  });
}

function bareRows(desk: Desk): Bare[] {
  const rows: Bare[] = [{ kind: 'reviewed' }];
  if (desk.data.shots.length) rows.push({ kind: 'shots' });
  for (const label of desk.labels.value) rows.push({ kind: 'class', label });
  if (desk.people.selected.value !== null) rows.push({ kind: 'person' });
  if (desk.keepers.moments.value.length) rows.push({ kind: 'keepers' });
  const sound = desk.backdrop.sound.value;
  if (sound?.whistle.levels.length) rows.push({ kind: 'whistles' }, { kind: 'crowd' });
  if (desk.backdrop.wave.value) rows.push({ kind: 'wave' });
  return rows;
}

function heightOf(row: Bare, classHeight: number): number {
  return { reviewed: THIN_PX, shots: THIN_PX, class: classHeight, whistles: SOUND_PX, crowd: SOUND_PX, wave: SOUND_PX, person: PERSON_PX, keepers: THIN_PX }[row.kind];
}

export function rowAt(rows: readonly Row[], y: number): Row | null {
  return rows.find((row) => y >= row.top && y < row.top + row.height) ?? null;
}

export function totalHeight(rows: readonly Row[]): number {
  const last = rows.at(-1);
  return last ? last.top + last.height : 0;
}

/** Return how much of a class's row the other version takes at its foot. */
export function besideHeight(desk: Desk): number {
  return desk.version.value ? BESIDE_PX : 0;
}

