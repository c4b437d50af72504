// One class: its threshold with live counts, precision and recall, and accepting all above it.

import { acceptAll } from '../../commands/review';
import type { Label } from '../../model/labels';
import type { Share } from '../../model/measure';
import { isDark } from '../../state/settings';
import { useDesk } from '../context';
import { ThresholdSlider } from './ThresholdSlider';

export function ClassCard({ label }: { label: Label }) {
  const desk = useDesk();
  const measured = desk.measured(label.name);
  const threshold = desk.threshold(label.name);
  const ready = (desk.byLabel.value.get(label.name) ?? []).filter((e) => e.state === 'unreviewed' && e.confidence >= threshold).length;
  return (
    <section class="class-card" style={{ '--lane': label.colours[isDark.value ? 1 : 0] }} data-class={label.name}>
      <h2><span class="dot" /><bdi>{label.name}</bdi><span class="soft">{measured.above} of {measured.all} candidates</span></h2>
      <ThresholdSlider label={label.name} withValue />
      {measured.precision && <p class="measures"><Measure name="Precision" share={measured.precision} /><Measure name="Recall" share={measured.recall} /></p>}
      {measured.basis && <p class="soft basis">Based on {measured.basis}.</p>}
      {ready > 0 && <button type="button" data-accept-all={label.name} onClick={() => acceptAll(desk, label.name)}>Accept all {ready} at or above {threshold.toFixed(2)}</button>}
    </section>
  );
}

function Measure({ name, share }: { name: string; share: Share | null }) {
  if (!share || share.of === 0) return <span>{name} –</span>;
  const percent = (value: number): string => `${Math.round(100 * value)}`;
  return (
    <span title={`${share.hits} of ${share.of}; 95 % interval by Wilson`}>
      {name} <b>{percent(share.hits / share.of)} %</b> <small class="soft">{percent(share.low)}–{percent(share.high)}</small>
    </span>
  );
}
