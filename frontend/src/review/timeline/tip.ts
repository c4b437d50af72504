// What lies under the pointer on the timeline, in words.

import { curveMax } from '../../shared/curves';
import { percent } from '../../shared/format';
import { playerName, teamName } from '../model/names';
import type { Desk } from '../state/desk';
import { clockOf } from '../state/words';
import { eventNear } from './dragging';
import type { Row } from './rows';

/** `half` is half a pixel in seconds, over which curves are looked at. */
export function tipOf(desk: Desk, row: Row | null, time: number, x: number, width: number, half: number): string[] {
  const lines = [clockOf(time * 1e6)];
  if (row?.kind === 'class') lines.push(...classTip(desk, row, time, x, width, half));
  const us = time * 1e6;
  if (row?.kind === 'shots') lines.push(desk.data.shots.find((shot) => us >= shot.start_us && us < shot.end_us)?.kind ?? 'no camera shot');
  if (row?.kind === 'reviewed') lines.push(desk.reviewed.value.some(([start, end]) => us >= start && us < end) ? 'Reviewed: the accepted events are the truth here' : 'Not reviewed');
  const sound = desk.backdrop.sound.value;
  if (row?.kind === 'whistles' && sound) lines.push(`Whistle ${percent(curveMax(sound.whistle, time - half, time + half))}`);
  if (row?.kind === 'crowd' && sound) lines.push(`Louder than usual ${percent(curveMax(sound.loud, time - half, time + half))}`);
  const gap = desk.data.coverage?.gaps.find((one) => us >= one.start_us && us < one.end_us);
  if (gap) lines.push(`Lost: ${gap.reason}`);
  return lines;
}

function classTip(desk: Desk, row: Extract<Row, { kind: 'class' }>, time: number, x: number, width: number, half: number): string[] {
  const event = eventNear(desk, row, x, width);
  if (!event) {
    const curve = desk.backdrop.curves.value.get(row.label.name);
    return [curve ? `${row.label.name} ${percent(curveMax(curve, time - half, time + half))}` : row.label.name];
  }
  const span = clockOf(event.start_us) + (event.end_us === null ? '' : ` to ${clockOf(event.end_us)}`);
  const who = [playerName(desk.players.value, event.player), teamName(desk.teams.value, event.team), event.note].filter(Boolean);
  return [`${event.label} at ${span}`, `${event.state}, confidence ${event.confidence.toFixed(2)}`, ...who];
}
