// What the user must know before going on: read only, no connection, changes that were set aside, notes on the bundle.

import { dialog } from '../state/dialogs';
import { useDesk } from './context';
import { announce } from '../state/announce';

export function Banners() {
  const desk = useDesk();
  const { writer } = desk.presence.answer.value;
  const trouble = desk.saving.trouble.value;
  return (
    <div class="banners">
      {!writer && <ReadOnly />}
      {trouble && (
        <p class="banner bad" role="alert" data-trouble={trouble.kind}>
          <span>{trouble.text}</span>
          {(desk.saving.setAside.value.length > 0 || trouble.kind === 'unreachable') && <button type="button" onClick={() => { dialog.value = 'set-aside'; }}>Show them</button>}
          {trouble.kind !== 'unreachable' && <button type="button" onClick={() => { desk.saving.trouble.value = null; }}>Close</button>}
        </p>
      )}
      {desk.partsTrouble.value && <p class="banner">{desk.partsTrouble.value}</p>}
      {desk.notes.value.map((note) => (
        <p class="banner" key={note}>
          <span>{note}</span><button type="button" onClick={() => { desk.notes.value = desk.notes.value.filter((other) => other !== note); }}>Close</button>
        </p>
      ))}
    </div>
  );
}

function ReadOnly() {
  const desk = useDesk();
  const { reason, can_take_over: canTakeOver } = desk.presence.answer.value;
  const waiting = desk.saving.waiting.value;
  const takeOver = (): void => {
    desk.presence.takeOver().then(() => announce('This window writes now'), (error: unknown) => announce(String(error)));
  };
  return (
    <p class="banner" role="alert" data-read-only>
      <span>
        Read only: {(reason ?? 'another window writes to this bundle').replace(/\.$/, '')}.
        {waiting > 0 && ` ${waiting} of your changes wait here; they are written when you take over.`}
      </span>
      {canTakeOver && <button type="button" class="primary" onClick={takeOver}>Take over</button>}
    </p>
  );
}
