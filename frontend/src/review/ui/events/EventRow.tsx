// One row of a list of events.

import type { ReviewEvent } from '../../model/events';
import { playerName, teamName } from '../../model/names';
import { isDark } from '../../state/settings';
import { clockOf } from '../../state/words';
import { useDesk } from '../context';

const MARKS = { accepted: '✓', rejected: '×', unreviewed: '' } as const;

export function EventRow({ event }: { event: ReviewEvent }) {
  const desk = useDesk();
  const label = desk.labels.value.find((one) => one.name === event.label);
  const who = [playerName(desk.players.value, event.player), teamName(desk.teams.value, event.team), event.note].filter(Boolean).join(' · ');
  const confidence = event.model?.confidence;
  return (
    <>
      <span class="dot" style={{ '--lane': label?.colours[isDark.value ? 1 : 0] ?? 'currentColor' }} />
      <span class="event-time">{clockOf(event.start_us)}</span>
      <span class="event-label"><bdi>{event.label}</bdi>{who && <small> {who}</small>}</span>
      <span class={`event-state ${event.state}`} aria-label={event.state}>{MARKS[event.state]}</span>
      <span class="event-confidence" title="Confidence of the model">{confidence === undefined ? 'own' : confidence.toFixed(2)}</span>
    </>
  );
}
