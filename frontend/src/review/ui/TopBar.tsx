// The top of the page: which bundle, whether all is saved, undo, and what can be done with the result.

import { dialog, type Dialog } from '../state/dialogs';
import { isDark, toggleTheme } from '../state/settings';
import { plural } from '../state/words';
import { ActionButton } from './ActionButton';
import { openBundle } from '../state/open';
import { useDesk } from './context';
import { releaseFocus } from './focus';
import { Icon } from './Icon';

const DIALOGS: ReadonlyArray<[Dialog, string]> = [['labels', 'Classes …'], ['clips', 'Clips …'], ['export', 'Export …']];

export function TopBar() {
  const desk = useDesk();
  const { undoable, redoable } = desk.saving.journal.value;
  return (
    <header class="top">
      <strong class="brand">touchline</strong>
      <Switcher />
      <SaveMark />
      <span class="grow" />
      <Progress />
      <ActionButton action="undo" quiet class="square" disabled={!undoable.length}><Icon name="undo" /></ActionButton>
      <ActionButton action="redo" quiet class="square" disabled={!redoable.length}><Icon name="redo" /></ActionButton>
      {DIALOGS.map(([name, words]) => <button type="button" key={name} data-dialog={name} onClick={() => { dialog.value = name; }}>{words}</button>)}
      <button type="button" class="square" aria-label={isDark.value ? 'Light page' : 'Dark page'} title={isDark.value ? 'Light page' : 'Dark page'} onClick={toggleTheme}>
        <Icon name={isDark.value ? 'sun' : 'moon'} />
      </button>
      <ActionButton action="help">Keys</ActionButton>
    </header>
  );
}

function Switcher() {
  const { session, api, data } = useDesk();
  if (session.bundles.length < 2) return <h1 class="title" title={data.title}>{data.title}</h1>;
  const change = (event: Event): void => {
    void openBundle(session, (event.currentTarget as HTMLSelectElement).value);
    releaseFocus(event);
  };
  return (
    <select class="title" aria-label="Video" value={api.id} onChange={change}>
      {session.bundles.map((bundle) => <option key={bundle.id} value={bundle.id}>{bundle.title}{bundle.reviewed ? ' ✓' : ''}</option>)}
    </select>
  );
}

function SaveMark() {
  const { saving } = useDesk();
  const waiting = saving.waiting.value;
  const words = waiting ? `${plural(waiting, 'change')} not saved yet` : 'All saved';
  return <span class={waiting ? 'save-mark waiting' : 'save-mark'} data-waiting={waiting}>{words}</span>;
}

/** How far the review has come. */
function Progress() {
  const desk = useDesk();
  const reviewed = desk.events.value.filter((event) => event.state !== 'unreviewed').length;
  const open = desk.events.value.filter((event) => event.state === 'unreviewed' && event.confidence >= desk.keptThreshold(event.label)).length;
  return <span class="soft progress-words" title="Events you have decided on, and events above their thresholds that are left">{plural(reviewed, 'event')} reviewed, {open.toLocaleString('en')} left</span>;
}
