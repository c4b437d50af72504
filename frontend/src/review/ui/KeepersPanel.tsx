// Keeper moments: what the analysis found, with a way to each.

import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { get } from '../api/client';
import { messageOf } from '../state/open';
import { clockOf } from '../state/words';
import { useDesk } from './context';

/** As far as this list needs them; the keeper page of the report shows the rest. */
interface Moment { time_us: number; title: string; text?: string }

const moments = signal<readonly Moment[] | null>(null);
const trouble = signal('');

export function KeepersPanel() {
  const desk = useDesk();
  const address = desk.data.parts.keepers;
  useEffect(() => {
    if (!address) return;
    get<{ moments: Moment[] }>(address).then((answer) => { moments.value = answer.moments; }, (error: unknown) => { trouble.value = messageOf(error); });
  }, [address]);
  if (trouble.value) return <p class="soft padded">{trouble.value}</p>;
  if (!moments.value) return <p class="soft padded">Loading …</p>;
  return (
    <ul class="scroll-panel differences">
      {moments.value.map((moment) => (
        <li key={moment.time_us}><button type="button" class="difference" onClick={() => desk.playback.seekUs(moment.time_us)}><span class="event-time">{clockOf(moment.time_us)}</span> {moment.title} <small class="soft">{moment.text}</small></button></li>
      ))}
    </ul>
  );
}
