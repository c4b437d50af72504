// The shots at keepers, with what the keepers' pages say; a press shows the moment, a link opens the page.

import { toMoment } from '../../commands/keepers';
import { momentWords } from '../../state/keepers';
import { clockOf } from '../../state/words';
import type { KeeperMoment } from '../../types';
import { useDesk } from '../context';

export function KeepersPanel() {
  const { keepers } = useDesk();
  const moments = keepers.moments.value;
  return (
    <div class="scroll-panel">
      <h2>Shots at keepers <span class="soft">{moments.length}</span></h2>
      <ul class="moments">{moments.map((moment) => <Moment key={`${moment.time_us} ${moment.page}`} moment={moment} />)}</ul>
      {keepers.pages.value && <p><a href={keepers.pages.value} target="_blank" rel="noopener">All keepers</a> <span class="soft">opens in a new tab</span></p>}
    </div>
  );
}

function Moment({ moment }: { moment: KeeperMoment }) {
  const desk = useDesk();
  const chosen = desk.keepers.chosen.value === moment;
  return (
    <li class="moment" data-moment={moment.time_us}>
      <button type="button" class="difference" aria-pressed={chosen} title={moment.note} onClick={() => toMoment(desk, moment)}>
        <span class="event-time">{clockOf(moment.time_us)}</span>
        <span class="moment-words"><b>{moment.label}</b> {keeperName(desk, moment)}<small class="soft">{momentWords(moment).join(' · ')}</small></span>
      </button>
      <a href={moment.page} target="_blank" rel="noopener" aria-label={`Page of the moment at ${clockOf(moment.time_us)}, in a new tab`}>Page</a>
    </li>
  );
}

/** Return who the keeper is: as corrected here, else as on the page. */
function keeperName(desk: ReturnType<typeof useDesk>, { track_id: id, keeper, time_us: us }: KeeperMoment): string {
  const known = id === null ? null : desk.people.titleAt(id, us);
  return known ?? keeper ?? 'keeper unknown';
}
