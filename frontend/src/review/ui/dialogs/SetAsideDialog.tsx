// Changes that could not be kept, with all that was typed, so that nothing is lost.

import { changeWords } from '../../state/words';
import type { Change, Step } from '../../model/values';
import { useDesk } from '../context';
import { Frame } from './Frame';

export function SetAsideDialog() {
  const { saving } = useDesk();
  const steps = saving.setAside.value;
  return (
    <Frame title="Changes that were set aside" name="set-aside">
      <p class="soft">These did not fit what is in the bundle now. Look at them, and make them again where they still hold.</p>
      <ul class="set-aside">{steps.map((step, i) => <li key={i}>{wordsOf(step)}</li>)}</ul>
      <button type="button" onClick={() => { saving.setAside.value = []; saving.trouble.value = null; }}>Forget them</button>
    </Frame>
  );
}

function wordsOf(step: Step) {
  if (!('do' in step)) return 'undo' in step ? 'An undo' : 'A redo';
  return <>{changeWords(step.do)}<pre>{step.do.map(detail).join('\n')}</pre></>;
}

function detail(change: Change): string {
  return `${change.what} ${change.id}: ${JSON.stringify(change.after)}`;
}
