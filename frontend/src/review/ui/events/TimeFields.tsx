// When the selected event happens: where it starts, and the buttons that move it.

import { moveTo } from '../../commands/edit';
import type { ReviewEvent } from '../../model/events';
import { clockOf } from '../../state/words';
import { ActionButton } from '../ActionButton';
import { useDesk } from '../context';
import { TextField } from '../TextField';
import { typedTime } from './typed';

export function StartField({ event }: { event: ReviewEvent }) {
  const desk = useDesk();
  return <TextField name="Starts" value={clockOf(event.start_us, 3)} commit={(text) => typedTime(text, (us) => moveTo(desk, us))} />;
}

export function TimeButtons() {
  return (
    <div class="row spread">
      <ActionButton action="here" class="small">Time here</ActionButton>
      <ActionButton action="earlier" class="small">−1</ActionButton>
      <ActionButton action="later" class="small">+1</ActionButton>
      <ActionButton action="span-start" class="small">From</ActionButton>
      <ActionButton action="span-end" class="small">To</ActionButton>
    </div>
  );
}
