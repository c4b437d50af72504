// Commands on keeper moments.

import { fragmentAt } from '../model/identity';
import type { Desk } from '../state/desk';
import type { KeeperMoment } from '../types';

/** Show a moment, and select its keeper in the picture. */
export function toMoment(desk: Desk, moment: KeeperMoment): void {
  desk.playback.loop.value = null;
  desk.playback.seekUs(moment.time_us);
  desk.keepers.chosen.value = moment;
  const { track_id: id, time_us: us } = moment;
  if (id !== null) desk.people.selected.value = fragmentAt(desk.corrections.value, String(id), us);
  desk.tab.value = 'keepers';
}
