// The slider of a threshold: live while it is dragged, one change when it is let go.

import { changeOf } from '../../model/corrections';
import { useDesk } from '../context';

export function ThresholdSlider({ label, withValue = false }: { label: string; withValue?: boolean }) {
  const desk = useDesk();
  const value = desk.threshold(label);
  const drag = (event: Event): void => {
    desk.draftThreshold.value = { label, value: Number((event.currentTarget as HTMLInputElement).value) };
  };
  const keep = (event: Event): void => {
    const input = event.currentTarget as HTMLInputElement;
    const chosen = Math.min(1, Math.max(0, Math.round(Number(input.value) * 1000) / 1000));
    desk.draftThreshold.value = null;
    desk.do([changeOf(desk.corrections.value, 'threshold', label, { value: chosen })], `Threshold of ${label} ${chosen.toFixed(2)}`);
    if (input.type === 'number') input.blur();
  };
  return (
    <span class="threshold">
      <input type="range" class="lane-slider" min={0} max={1} step={0.01} value={value} aria-label={`Threshold of ${label}`} onInput={drag} onChange={keep} />
      {withValue
        ? <input type="number" min={0} max={1} step={0.01} value={Number(value.toFixed(3))} aria-label={`Threshold of ${label} as a number`} onChange={keep} />
        : <output>{value.toFixed(2)}</output>}
    </span>
  );
}
