// Another version of the events beside this one: what differs, with a way to each place.

import { signal } from '@preact/signals';
import { addEvent, change } from '../../commands/edit';
import { differences, type Difference } from '../../model/differences';
import type { ModelEvent, ReviewEvent } from '../../model/events';
import { clockOf, plural } from '../../state/words';
import { Choice } from '../Choice';
import { useDesk } from '../context';

type Found = Difference<ReviewEvent, ModelEvent>;
const KINDS = ['missed', 'extra', 'other class'] as const;
const MOST_ROWS = 500;
const kind = signal<'all' | (typeof KINDS)[number]>('all');

export function ComparePanel() {
  const desk = useDesk();
  const versions = [['', 'Nothing'], ...desk.data.versions.map((version) => [version.id, version.title])] as [string, string][];
  const found: Found[] = desk.version.value ? differences(desk.counted.value, desk.versionEvents.value) : [];
  const shown = found.filter((one) => kind.value === 'all' || one.kind === kind.value);
  const kinds = [['all', `All ${found.length}`], ...KINDS.map((name) => [name, `${count(found, name)} ${name}`])] as ['all', string][];
  return (
    <div class="scroll-panel">
      <div class="row"><span>Beside</span><Choice name="Other version" value={desk.versionId.value ?? ''} options={versions} choose={(id) => { desk.versionId.value = id || null; }} />
        <Choice name="Kind of difference" value={kind.value} options={kinds} choose={(value) => { kind.value = value; }} /></div>
      <p class="soft">{desk.version.value ? `Events match within a second. ${plural(found.length, 'difference')}.` : 'Choose what to lay beside the events here.'}</p>
      <ul class="differences">{shown.slice(0, MOST_ROWS).map((one) => <Row key={`${one.own?.id}-${one.other?.id}`} difference={one} />)}</ul>
      {shown.length > MOST_ROWS && <p class="soft">The first {MOST_ROWS} are listed.</p>}
    </div>
  );
}

function count(found: readonly Found[], name: Found['kind']): number {
  return found.filter((one) => one.kind === name).length;
}

function Row({ difference }: { difference: Found }) {
  const desk = useDesk();
  const { own, other } = difference;
  const go = (): void => { if (own) desk.choose(own); else desk.playback.seekUs(difference.time_us); };
  const words = { missed: `${other?.label} is missing here`, extra: `${own?.label} is only here`, 'other class': `${own?.label} here, ${other?.label} there` };
  return (
    <li>
      <button type="button" class="difference" data-kind={difference.kind} onClick={go}><span class="event-time">{clockOf(difference.time_us)}</span> {words[difference.kind]}</button>
      {difference.kind === 'missed' && <button type="button" class="small" onClick={() => take(desk, difference.other)}>Add</button>}
      {difference.kind === 'other class' && <button type="button" class="small" onClick={() => { desk.choose(difference.own); change(desk, { label: difference.other.label, state: 'accepted' }, `${difference.other.label} now`); }}>Take</button>}
    </li>
  );
}

function take(desk: ReturnType<typeof useDesk>, event: ModelEvent): void {
  const { label, start_us, end_us, team, player, half, visible } = event;
  addEvent(desk, { label, start_us, end_us, team, player, half, visible }, `${label} added at ${clockOf(start_us)}`);
}
