// The head of a row at the left of the timeline.

import type { Label } from '../model/labels';
import { isDark } from '../state/settings';
import { ThresholdSlider } from '../ui/classes/ThresholdSlider';
import { useDesk } from '../ui/context';
import type { Row } from './rows';

const NAMES = { reviewed: 'Reviewed', shots: 'Camera shots', whistles: 'Whistles', crowd: 'Crowd', wave: 'Sound', person: 'Selected player', keepers: 'Keepers' } as const;

export function RowHead({ row }: { row: Row }) {
  const place = { height: `${row.height}px` };
  if (row.kind === 'class') return <ClassHead label={row.label} height={row.height} />;
  return <div class="row-head thin" style={place} data-row={row.kind}><span>{NAMES[row.kind]}</span>{row.kind === 'reviewed' && <ReviewedShare />}</div>;
}

function ReviewedShare() {
  const desk = useDesk();
  const share = desk.reviewed.value.reduce((sum, [start, end]) => sum + end - start, 0) / Math.max(1, desk.data.duration_us);
  return <span class="soft">{Math.round(100 * share)} %</span>;
}

function ClassHead({ label, height }: { label: Label; height: number }) {
  const desk = useDesk();
  const { above, all, unreviewed, precision, recall, basis } = desk.measured(label.name);
  const only = desk.filters.value.label === label.name;
  const percent = (share: typeof precision): string => (share && share.of ? `${Math.round((100 * share.hits) / share.of)}` : '–');
  const filter = (): void => { desk.filters.value = { ...desk.filters.value, label: only ? '' : label.name }; };
  return (
    <div class="row-head" style={{ height: `${height}px`, '--lane': label.colours[isDark.value ? 1 : 0] }} data-lane={label.name}>
      <button type="button" class="lane-name" aria-pressed={only} title={only ? 'Show all classes in the list' : `Show only ${label.name} in the list`} onClick={filter}>
        <span class="dot" /><bdi>{label.name}</bdi>
      </button>
      {all ? <ThresholdSlider label={label.name} /> : <span class="no-threshold" />}
      {all ? <span class="lane-count" title={`${above} of ${all} candidates are at or above the threshold, ${unreviewed} are not reviewed`}>{above}/{all}</span>
        : <span class="lane-count" title="Events of this class">{desk.byLabel.value.get(label.name)?.length ?? 0}</span>}
      <span class="lane-quality soft" title={basis ? `Precision and recall in percent, based on ${basis}` : 'Precision and recall appear after 20 reviewed events'}>{precision ? `P${percent(precision)} R${percent(recall)}` : ''}</span>
    </div>
  );
}
