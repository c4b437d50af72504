// The selected event with everything that can be changed.

import { useState } from 'preact/hooks';
import type { ReviewEvent } from '../../model/events';
import { moreFields } from '../../state/settings';
import { clockOf } from '../../state/words';
import { ActionButton } from '../ActionButton';
import { useDesk } from '../context';
import { History } from './History';
import { MoreFields, moreWords } from './MoreFields';
import { TimeButtons } from './TimeFields';
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
      <WhoFields event={event} />
      <TimeButtons />
      <Rest event={event} />
    </div>
  );
}

/** The last line, and above it the seldom used fields: while they are wanted, or for as long as a key asked for one of them. */
function Rest({ event }: { event: ReviewEvent }) {
  const { wanted } = useDesk();
  const [askedFor, setAskedFor] = useState<string | null>(null);
  const open = moreFields.value || askedFor === event.id || wanted.value === 'note';
  const toggle = (): void => { [moreFields.value, wanted.value] = [!open, null]; setAskedFor(null); };
  const set = open ? '' : moreWords(event);
  return (
    <>
      {open && <MoreFields event={event} reached={() => { setAskedFor(event.id); wanted.value = null; }} />}
      <div class="row origin soft">
        <Origin event={event} />
        <button type="button" class="link more" aria-expanded={open} aria-controls="more-fields" title="End, lead and lag, note, visibility, point" onClick={toggle}>
          {set && <small>{set}</small>} {open ? 'Less ▴' : 'More ▾'}
        </button>
      </div>
    </>
  );
}

function Origin({ event }: { event: ReviewEvent }) {
  const { model } = event;
  return (
    <>
      <span>{model ? `${model.source ?? 'Model'}: ${model.label} ${model.confidence.toFixed(2)} at ${clockOf(model.start_us)}` : 'Added by a person'}</span>
      <History id={event.id} />
      {model && event.state !== 'unreviewed' && <ActionButton action="unreview" class="tiny">Back to it</ActionButton>}
    </>
  );
}
