// When the selected event happens: start, end, lead and lag.

import { change, moveTo } from '../../commands/edit';
import * as edits from '../../model/edits';
import { parseClock } from '../../model/goto';
import type { ReviewEvent } from '../../model/events';
import type { LabelInfo } from '../../model/values';
import { announce } from '../../state/announce';
import { clockOf } from '../../state/words';
import { ActionButton } from '../ActionButton';
import { useDesk } from '../context';
import { TextField } from '../TextField';

export function TimeFields({ event }: { event: ReviewEvent }) {
  const desk = useDesk();
  const typed = (text: string, use: (us: number) => void): void => {
    const seconds = parseClock(text);
    if (seconds === null) announce(`“${text}” is not a time; write 1:02.5 or seconds`); else use(Math.round(seconds * 1e6));
  };
  const setEnd = (us: number): void => {
    desk.do(edits.bounded(desk.corrections.value, event, 'end', us), `${event.label} ends at ${clockOf(us)}`);
  };
  return (
    <div class="fields">
      <div class="row wide spread">
        <ActionButton action="here" class="small">Time here</ActionButton>
        <ActionButton action="earlier" class="small">−1</ActionButton>
        <ActionButton action="later" class="small">+1</ActionButton>
        <ActionButton action="span-start" class="small">From</ActionButton>
        <ActionButton action="span-end" class="small">To</ActionButton>
      </div>
      <TextField name="Starts" value={clockOf(event.start_us, 3)} commit={(text) => typed(text, (us) => moveTo(desk, us))} />
      <TextField name="Ends" value={event.end_us === null ? '' : clockOf(event.end_us, 3)} hint="a moment" commit={(text) => (text.trim() ? typed(text, setEnd) : change(desk, { end_us: null }, 'A moment, not a span'))} />
      <div class="row wide">
        <Margin name="Lead s" value={event.lead_us} usual={usual(desk.labelStyles.value, event, 'lead_us')} commit={(lead_us) => change(desk, { lead_us }, 'Lead changed')} />
        <Margin name="Lag s" value={event.lag_us} usual={usual(desk.labelStyles.value, event, 'lag_us')} commit={(lag_us) => change(desk, { lag_us }, 'Lag changed')} />
      </div>
    </div>
  );
}

/** Return the lead or lag that the class of an event has, as a hint. */
function usual(styles: readonly LabelInfo[], event: ReviewEvent, which: 'lead_us' | 'lag_us'): string {
  const us = styles.find((style) => style.name === event.label)?.[which] ?? null;
  return us === null ? 'usual' : String(us / 1e6);
}

/** Seconds before or after the event that belong to its clip; empty: as its class says. */
function Margin({ name, value, usual, commit }: { name: string; value: number | null | undefined; usual: string; commit(us: number | null): void }) {
  const done = (text: string): void => {
    const seconds = Number(text.replace(',', '.'));
    if (!text.trim()) commit(null);
    else if (Number.isFinite(seconds) && seconds >= 0) commit(Math.round(seconds * 1e6));
    else announce(`“${text}” is not a number of seconds`);
  };
  return <TextField name={name} value={value == null ? '' : String(value / 1e6)} hint={usual} commit={done} class="short" />;
}
