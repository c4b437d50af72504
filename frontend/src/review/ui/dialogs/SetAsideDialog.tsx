// Changes that are not in the bundle, with all that was typed, so that nothing is lost.

import { changeWords } from '../../state/words';
import type { Change, Step } from '../../model/values';
import { useDesk } from '../context';
import { closeDialog, Frame } from './Frame';

export function SetAsideDialog() {
  const { saving } = useDesk();
  const steps = saving.setAside.value;
  const waiting = saving.waiting.value ? saving.outbox.pending.map(({ step }) => step) : [];
  return (
    <Frame title="Changes that are not in the bundle" name="set-aside">
      {waiting.length > 0 && <><h3>Waiting to be sent</h3><Steps steps={waiting} /></>}
      {steps.length > 0 && (
        <>
          <h3>Set aside</h3>
          <p class="soft">These did not fit what is in the bundle now. Look at them, and make them again where they still hold.</p>
          <Steps steps={steps} />
          <button type="button" onClick={() => { saving.setAside.value = []; saving.trouble.value = null; closeDialog(); }}>Forget them</button>
        </>
      )}
    </Frame>
  );
}

function Steps({ steps }: { steps: readonly Step[] }) {
  return <ul class="set-aside">{steps.map((step, i) => <li key={i}>{wordsOf(step)}</li>)}</ul>;
}

function wordsOf(step: Step) {
  if (!('do' in step)) return 'undo' in step ? 'An undo' : 'A redo';
  return <>{changeWords(step.do)}<pre>{step.do.map(detail).join('\n')}</pre></>;
}

function detail(change: Change): string {
  return `${change.what} ${change.id}: ${JSON.stringify(change.after)}`;
}
