// What is seldom changed of an event: end, visibility, point, lead, lag, note.

import { change, visible } from '../../commands/edit';
import * as edits from '../../model/edits';
import type { ReviewEvent } from '../../model/events';
import type { LabelInfo } from '../../model/values';
import { clockOf } from '../../state/words';
import { ActionButton } from '../ActionButton';
import { useDesk } from '../context';
import { TextField } from '../TextField';
import { typedSeconds, typedTime } from './typed';

/** Name what is set among the fields here, for the line that stands for them while they are hidden. */
export function moreWords(event: ReviewEvent): string {
  return [
    event.end_us === null ? '' : `to ${clockOf(event.end_us)}`, event.visible ? '' : 'not shown', event.point_px ? 'point' : '',
    event.lead_us == null && event.lag_us == null ? '' : 'lead, lag', event.note ? 'note' : '',
  ].filter(Boolean).join(' · ');
}

export function MoreFields({ event, reached }: { event: ReviewEvent; reached(): void }) {
  const desk = useDesk();
  const setEnd = (us: number): void => {
    desk.do(edits.bounded(desk.corrections.value, event, 'end', us), `${event.label} ends at ${clockOf(us)}`);
  };
  return (
    <div class="fields" id="more-fields">
      <TextField name="Ends" value={event.end_us === null ? '' : clockOf(event.end_us, 3)} hint="a moment" commit={(text) => (text.trim() ? typedTime(text, setEnd) : change(desk, { end_us: null }, 'A moment, not a span'))} />
      <div class="row">
        <Margin name="Lead" value={event.lead_us} usual={usual(desk.labelStyles.value, event, 'lead_us')} commit={(lead_us) => change(desk, { lead_us }, 'Lead changed')} />
        <Margin name="Lag" value={event.lag_us} usual={usual(desk.labelStyles.value, event, 'lag_us')} commit={(lag_us) => change(desk, { lag_us }, 'Lag changed')} />
      </div>
      <TextField
        name="Note" value={event.note} hint="C to type" wanted={desk.wanted.value === 'note'} reached={reached}
        commit={(note) => change(desk, { note }, 'Note kept')}
      />
      <div class="row">
        <label class="check"><input type="checkbox" checked={event.visible} onChange={(input) => { visible(desk); input.currentTarget.blur(); }} /> visible <kbd>V</kbd></label>
        <ActionButton action="point" class="small" pressed={desk.picking.value === 'point'}>{event.point_px ? pointWords(event) : 'Point'}</ActionButton>
        {event.point_px && <button type="button" class="small square" aria-label="Remove the point" onClick={() => change(desk, { point_px: null, point_m: null }, 'Point removed')}>×</button>}
      </div>
    </div>
  );
}

function pointWords({ point_m: metres, point_px: pixels }: ReviewEvent): string {
  return metres ? `${metres[0].toFixed(1)}, ${metres[1].toFixed(1)} m` : `${Math.round(pixels![0])}, ${Math.round(pixels![1])} px`;
}

/** Return the lead or lag that the class of an event has, as a hint. */
function usual(styles: readonly LabelInfo[], event: ReviewEvent, which: 'lead_us' | 'lag_us'): string {
  const us = styles.find((style) => style.name === event.label)?.[which] ?? null;
  return us === null ? 'usual' : `${us / 1e6} s`;
}

/** Seconds before or after the event that belong to its clip; empty: as its class says. */
function Margin({ name, value, usual, commit }: { name: string; value: number | null | undefined; usual: string; commit(us: number | null): void }) {
  return <TextField name={name} value={value == null ? '' : String(value / 1e6)} hint={usual} commit={(text) => typedSeconds(text, commit)} class="short" />;
}
