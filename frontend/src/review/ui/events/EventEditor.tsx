// The selected event with everything that can be changed.

import type { ReviewEvent } from '../../model/events';
import { clockOf } from '../../state/words';
import { ActionButton } from '../ActionButton';
import { useDesk } from '../context';
import { History } from './History';
import { TimeFields } from './TimeFields';
import { WhoFields } from './WhoFields';

export function EventEditor() {
  const desk = useDesk();
  const event = desk.selected.value;
  if (!event) {
    return (
      <div class="editor none">
        <p class="soft">No event is selected. <b>N</b> goes to the next one; a class key adds one at the shown frame.</p>
        <div class="row"><ActionButton action="next">Next</ActionButton><ActionButton action="reviewed">Reviewed up to here</ActionButton></div>
      </div>
    );
  }
  return (
    <div class="editor" data-editing={event.id} data-state={event.state}>
      <div class="row decide">
        <ActionButton action="accept" class="good" pressed={event.state === 'accepted'}>Accept</ActionButton>
        <ActionButton action="reject" class="bad" pressed={event.state === 'rejected'}>{event.model ? 'Reject' : 'Delete'}</ActionButton>
        <ActionButton action="previous" quiet class="square">↑</ActionButton>
        <ActionButton action="next" quiet class="square">↓</ActionButton>
        <span class="grow" />
        <ActionButton action="reviewed" class="small">Reviewed</ActionButton>
      </div>
      <TimeFields event={event} />
      <WhoFields event={event} />
      <Origin event={event} />
    </div>
  );
}

function Origin({ event }: { event: ReviewEvent }) {
  const { model } = event;
  return (
    <div class="row origin soft">
      <span>{model ? `${model.source ?? 'Model'}: ${model.label} ${model.confidence.toFixed(2)} at ${clockOf(model.start_us)}` : 'Added by a person'}</span>
      <History id={event.id} />
      {model && event.state !== 'unreviewed' && <ActionButton action="unreview" class="small">Back to it</ActionButton>}
    </div>
  );
}
