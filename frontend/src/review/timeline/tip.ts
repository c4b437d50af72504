// What lies under the pointer on the timeline, in words.

import { curveMax } from '../../shared/curves';
import { clamp, percent } from '../../shared/format';
import { playerName, teamName } from '../model/names';
import type { Desk } from '../state/desk';
import { momentWords } from '../state/keepers';
import { clockOf } from '../state/words';
import { eventNear, momentNear } from './dragging';
import type { Row } from './rows';

/** A place on the timeline; `half` is half a pixel in seconds, over which curves are looked at. */
export interface Spot { row: Row | null; time: number; x: number; width: number; half: number }

/** Show what is at a place beside the pointer, with a small picture of that moment if the server has one. */
export function showTip(tip: HTMLElement, desk: Desk, spot: Spot, pointer: PointerEvent): void {
  const picture = thumbnail(desk, spot.time);
  const lines = tipOf(desk, spot).map((line) => Object.assign(document.createElement('div'), { textContent: line }));
  tip.replaceChildren(...(picture ? [picture] : []), ...lines);
  tip.hidden = false;
  tip.style.setProperty('left', `${Math.min(pointer.clientX + 14, innerWidth - tip.offsetWidth - 4)}px`);
  tip.style.setProperty('top', `${Math.max(4, pointer.clientY - tip.offsetHeight - 10)}px`);
}

/** Return a small picture of a moment, cut out of its sprite. */
function thumbnail(desk: Desk, time: number): HTMLElement | null {
  const { thumbs } = desk.data.video;
  if (!thumbs?.count) return null;
  const at = clamp(Math.round((time * 1e6) / thumbs.step_us), 0, thumbs.count - 1);
  const each = thumbs.columns * thumbs.rows;
  const place = at % each;
  const box = Object.assign(document.createElement('div'), { className: 'thumb' });
  box.style.setProperty('width', `${thumbs.width}px`);
  box.style.setProperty('height', `${thumbs.height}px`);
  box.style.setProperty('background-image', `url("${thumbs.src.replace('{n}', String(Math.floor(at / each)))}")`);
  box.style.setProperty('background-position', `${-(place % thumbs.columns) * thumbs.width}px ${-Math.floor(place / thumbs.columns) * thumbs.height}px`);
  return box;
}

function tipOf(desk: Desk, { row, time, x, width, half }: Spot): string[] {
  const lines = [clockOf(time * 1e6)];
  if (row?.kind === 'class') lines.push(...classTip(desk, row, time, x, width, half));
  const us = time * 1e6;
  if (row?.kind === 'shots') lines.push(desk.data.shots.find((shot) => us >= shot.start_us && us < shot.end_us)?.kind ?? 'no camera shot');
  if (row?.kind === 'reviewed') lines.push(desk.reviewed.value.some(([start, end]) => us >= start && us < end) ? 'Reviewed: the accepted events are the truth here' : 'Not reviewed');
  const moment = row?.kind === 'keepers' ? momentNear(desk, x, width) : null;
  if (moment) lines.push(`${moment.label} at ${clockOf(moment.time_us)}`, ...momentWords(moment), ...(moment.note ? [moment.note] : []));
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
