// Drawing of the lanes of tracks: camera shots, teams, officials, the ball.

import { FONT, drawGaps, drawGrid, type Area, type Gap } from './canvas';
import { LANE_COLOURS, SEEN_COLOUR, SHOT_COLOURS, inkOn, pick, type Theme } from './colours';
import type { Shot, Track, TrackStore } from './tracks';
import { xOf, type Span } from './view';

export const BAR_PX = 15;

/** The tracks of one lane, with the row of each if every track has its own bar. */
export interface TrackGroup {
  key: string;
  name: string;
  tracks: Track[];
  /** Whether every track has its own bar. */
  open: boolean;
  /** Number of rows when open: as many as tracks at the busiest moment. */
  rows: number;
  rowOf: Map<Track, number>;
  /** Number of tracks in each second. */
  counts: Uint16Array;
}

/** Make the lane of a group; null if nobody is in it. */
export function makeGroup(store: TrackStore, key: string, duration: number): TrackGroup | null {
  const tracks = store.tracks.filter((track) => track.group === key);
  if (!tracks.length) return null;
  return { key, name: store.names[key] || key, tracks, open: false, ...packed(tracks), counts: countSeconds(tracks, duration) };
}

/** Return the colour of a lane of tracks. */
export function groupColour(store: TrackStore, key: string, dark: boolean): string {
  const pair = LANE_COLOURS[key];
  return pair ? pick(pair, dark) : store.colours[key] || pick(LANE_COLOURS.other, dark);
}

/** Assign rows to tracks so that no two in a row overlap. */
function packed(tracks: readonly Track[]): { rows: number; rowOf: Map<Track, number> } {
  const ends: number[] = [];
  const rowOf = new Map<Track, number>();
  for (const track of [...tracks].sort((a, b) => a.start - b.start || a.id - b.id)) {
    let row = ends.findIndex((end) => end < track.start);
    if (row < 0) row = ends.length;
    ends[row] = track.end;
    rowOf.set(track, row);
  }
  return { rows: ends.length, rowOf };
}

function countSeconds(tracks: readonly Track[], duration: number): Uint16Array {
  const counts = new Uint16Array(Math.ceil(duration) + 1);
  for (const track of tracks) {
    const last = Math.min(counts.length - 1, Math.floor(track.end));
    for (let s = Math.floor(track.start); s <= last; s += 1) counts[s] += 1;
  }
  return counts;
}

/** Return the track of an open lane at a time and a height; `slack` seconds are forgiven. */
export function trackAt(group: TrackGroup, time: number, y: number, slack: number): Track | null {
  const row = Math.floor((y - 3) / BAR_PX);
  return group.tracks.find((t) => group.rowOf.get(t) === row && time >= t.start - slack && time <= t.end + slack) ?? null;
}

/** What to draw in the lane of a group. */
export interface GroupPicture {
  store: TrackStore;
  view: Span;
  theme: Theme;
  gaps: readonly Gap[];
  selected: Track | null;
}

/** Draw the lane of a group: bars if it is open or of the ball, else the number of people as an area. */
export function drawGroup(area: Area, group: TrackGroup, picture: GroupPicture): void {
  drawGrid(area, picture.view, picture.theme);
  drawGaps(area, picture.gaps, picture.view, picture.theme);
  if (group.open || group.key === 'ball') drawBars(area, group, picture);
  else drawCounts(area, group, picture);
}

/** Draw the number of tracked people as an area that is full at eleven. */
function drawCounts({ context, width, height }: Area, group: TrackGroup, { store, view, theme }: GroupPicture): void {
  const full = Math.max(group.key === 'referee' ? 3 : 11, group.rows);
  const perPixel = (view.to - view.from) / width;
  context.fillStyle = groupColour(store, group.key, theme.dark);
  context.globalAlpha = 0.55;
  for (let x = 0; x < width; x += 1) {
    const from = view.from + x * perPixel;
    const count = perPixel > 1 ? countBetween(group, from, from + perPixel) : store.countAt(group.key, from);
    const tall = ((height - 4) * count) / full;
    context.fillRect(x, height - tall, 1, tall);
  }
  context.globalAlpha = 1;
}

function countBetween(group: TrackGroup, from: number, to: number): number {
  let best = 0;
  const last = Math.min(group.counts.length - 1, Math.floor(to));
  for (let s = Math.max(0, Math.floor(from)); s <= last; s += 1) best = Math.max(best, group.counts[s]);
  return best;
}

/** Draw a bar for each track in view, with its name if there is room. */
function drawBars({ context, width, height }: Area, group: TrackGroup, { store, view, theme, selected }: GroupPicture): void {
  context.font = `600 10.5px ${FONT}`;
  context.textBaseline = 'middle';
  const ball = group.key === 'ball';
  const colour = groupColour(store, group.key, theme.dark);
  for (const track of group.tracks) {
    if (track.end < view.from || track.start > view.to) continue;
    const left = xOf(track.start, view, width);
    const right = Math.max(left + 1, xOf(track.end, view, width));
    const top = ball ? 3 : 3 + group.rowOf.get(track)! * BAR_PX;
    const tall = ball ? height - 6 : BAR_PX - 2;
    context.fillStyle = colour;
    context.globalAlpha = track === selected ? 1 : ball ? 0.7 : 0.45 + 0.35 * (track.sure || 0);
    context.fillRect(left, top, right - left, tall);
    context.globalAlpha = 1;
    if (ball) continue;
    drawDoings(context, track, { store, view, width, top, tall, dark: theme.dark });
    if (track === selected) {
      context.strokeStyle = theme.text;
      context.lineWidth = 2;
      context.strokeRect(left + 1, top, right - left - 2, tall);
    }
    const from = Math.max(left, 0) + 4;
    const room = Math.min(right, width) - from - 4;
    if (room < 6 * track.title.length - 4 || room < context.measureText(track.title).width) continue;
    context.fillStyle = inkOn(colour);
    context.fillText(track.title, from, top + tall / 2 + 0.5);
  }
}

/** Draw the pace along the bottom of a bar, ball possession and recognised actions along its top. */
function drawDoings(
  context: CanvasRenderingContext2D,
  track: Track,
  { store, view, width, top, tall, dark }: { store: TrackStore; view: Span; width: number; top: number; tall: number; dark: boolean },
): void {
  for (const action of track.actions) {
    if (action.end < view.from || action.start > view.to) continue;
    const left = xOf(action.start, view, width);
    const right = Math.max(left + 1, xOf(action.end, view, width));
    if (action.kind === 'movement') {
      if (!action.pace) continue;   // standing is not drawn
      context.fillStyle = store.paceColours[action.pace];
      context.fillRect(left, top + tall - 3, right - left, 3);
    } else {
      context.fillStyle = action.kind === 'ball' ? (dark ? '#ffffff' : '#0c121a') : SEEN_COLOUR;
      context.fillRect(left, top, right - left, 3);
    }
  }
}

/** Draw the camera shots as labelled blocks. */
export function drawShots({ context, width, height }: Area, shots: readonly Shot[], view: Span, dark: boolean): void {
  context.font = `11px ${FONT}`;
  context.textBaseline = 'middle';
  for (const shot of shots) {
    const left = xOf(shot.start, view, width);
    const right = xOf(shot.end, view, width);
    if (right < 0 || left > width) continue;
    context.fillStyle = pick(SHOT_COLOURS[shot.kind] || SHOT_COLOURS.other, dark);
    context.globalAlpha = shot.kind === 'wide' ? 0.85 : 0.6;
    context.fillRect(left, 3, Math.max(1, right - left - 1), height - 6);
    context.globalAlpha = 1;
    const from = Math.max(left, 0) + 5;
    if (Math.min(right, width) - from < context.measureText(shot.kind).width + 6) continue;
    context.fillStyle = dark ? '#071524' : '#ffffff';
    context.fillText(shot.kind, from, height / 2 + 0.5);
  }
}
