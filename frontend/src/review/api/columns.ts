// Events as the server sends them, in columns, turned into one object each.

import type { ModelEvent } from '../model/events';
import type { EventColumns } from '../types';

export function eventsOf(columns: EventColumns): ModelEvent[] {
  const hidden = new Set(columns.hidden);
  return columns.id.map((id, i) => ({
    id, label: columns.labels[columns.label[i]], start_us: columns.start_us[i], end_us: columns.end_us[i],
    confidence: columns.confidence[i], team: columns.team[i], player: columns.player[i], half: columns.half[i],
    visible: !hidden.has(i), source: sourceOf(columns, i),
  }));
}

function sourceOf(columns: EventColumns, i: number): string | null {
  const source = columns.source[i];
  return source === null ? null : columns.sources[source];
}
