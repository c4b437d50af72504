// One class of the set, to edit.

import type { LabelInfo } from '../../model/values';

/** `shown` is the colour that the class has without one of its own. */
export function LabelRow({ label, shown, change }: { label: LabelInfo; shown: string; change(label: LabelInfo | null): void }) {
  const text = (event: Event): string => (event.currentTarget as HTMLInputElement).value;
  const seconds = (event: Event): number => Math.max(0, Math.round(Number(text(event)) * 1e6)) || 0;
  return (
    <div class="row label-row">
      <input type="color" aria-label={`Colour of ${label.name}`} value={label.colour ?? shown} onChange={(event) => change({ ...label, colour: text(event) })} />
      <input type="text" class="grow" aria-label="Name" placeholder="Name" value={label.name} onInput={(event) => change({ ...label, name: text(event) })} />
      <input type="text" class="one-key" aria-label={`Key of ${label.name}`} placeholder="key" maxLength={1} value={label.key ?? ''} onInput={(event) => change({ ...label, key: text(event).toUpperCase() || null })} />
      <label class="field short"><span>Lead s</span><input type="number" min={0} step={0.5} value={(label.lead_us ?? 0) / 1e6} onChange={(event) => change({ ...label, lead_us: seconds(event) })} /></label>
      <label class="field short"><span>Lag s</span><input type="number" min={0} step={0.5} value={(label.lag_us ?? 0) / 1e6} onChange={(event) => change({ ...label, lag_us: seconds(event) })} /></label>
      <button type="button" class="square" aria-label={`Take ${label.name} off the list`} onClick={() => change(null)}>×</button>
    </div>
  );
}
