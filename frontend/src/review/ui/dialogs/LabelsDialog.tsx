// The set of classes: names, keys, colours, and how much before and after an event belongs to its clip.

import { useState } from 'preact/hooks';
import { PALETTE } from '../../../shared/colours';
import { changeOf } from '../../model/corrections';
import { keyTrouble } from '../../model/labels';
import type { LabelInfo } from '../../model/values';
import { Choice } from '../Choice';
import { useDesk } from '../context';
import { closeDialog, Frame } from './Frame';
import { LabelRow } from './LabelRow';

export function LabelsDialog() {
  const desk = useDesk();
  const [labels, setLabels] = useState<LabelInfo[]>(() => desk.labels.value.map(({ name, colour, key, lead_us, lag_us }) => ({ name, colour, key, lead_us, lag_us })));
  const sets = [['', 'Take a set …'], ...desk.session.label_sets.map((set) => [set.name, `${set.title || set.name} (${set.labels.length})`])] as [string, string][];
  const replace = (at: number, label: LabelInfo | null): void => setLabels(labels.flatMap((old, i) => (i === at ? (label ? [label] : []) : [old])));
  const trouble = troubleOf(labels);
  const save = (): void => {
    const clean = labels.map((label) => ({ ...label, name: label.name.trim(), key: label.key?.toUpperCase() || null }));
    if (desk.do([changeOf(desk.corrections.value, 'labels', 'set', { labels: clean })], 'Classes kept')) closeDialog();
  };
  return (
    <Frame title="Classes" name="labels">
      <Choice name="Set of classes" value="" options={sets} choose={(name) => setLabels(desk.session.label_sets.find((set) => set.name === name)?.labels ?? labels)} />
      <div class="label-rows">
        {labels.map((label, i) => <LabelRow key={i} label={label} shown={PALETTE[i % PALETTE.length][0]} change={(next) => replace(i, next)} />)}
      </div>
      <button type="button" onClick={() => setLabels([...labels, { name: '', colour: null, key: null, lead_us: 0, lag_us: 0 }])}>Add a class</button>
      <p class="soft">Events keep their class when a class is taken off this list. Without a key or a colour of its own a class gets the next free one.</p>
      {trouble && <p class="trouble-text" role="alert">{trouble}</p>}
      <button type="button" class="primary" disabled={Boolean(trouble)} onClick={save}>Keep these classes</button>
    </Frame>
  );
}

function troubleOf(labels: readonly LabelInfo[]): string {
  const names = labels.map((label) => label.name.trim());
  if (names.some((name) => !name)) return 'Every class needs a name.';
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice) return `${twice} is there twice.`;
  return labels.map((label) => keyTrouble(labels, label.name, label.key ?? '')).find(Boolean) ?? '';
}
