// Everyone in the picture now, to select by keyboard.

import { computed } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { pick } from '../../commands/people';
import { BALL } from '../../../shared/tracks';
import { useDesk } from '../context';

const STEPS_PER_S = 5;   // the list follows the video at this rate, so that it can be read and clicked

export function PictureList() {
  const desk = useDesk();
  const moment = useMemo(() => computed(() => (desk.playback.paused.value
    ? desk.playback.time.value : Math.floor(desk.playback.time.value * STEPS_PER_S) / STEPS_PER_S)), [desk]);
  const people = desk.people.at(moment.value).filter((person) => person.track.label !== BALL);
  const chosen = desk.people.selectedPerson.value;
  people.sort((a, b) => (a.track.group === b.track.group ? a.track.title.localeCompare(b.track.title, 'en', { numeric: true }) : a.track.group < b.track.group ? -1 : 1));
  return (
    <>
      <h2>In the picture <span class="soft">{people.length}</span></h2>
      <div class="chips" role="group" aria-label="Players in the picture">
        {people.map((person) => (
          <button type="button" key={person.fragment} class="chip" aria-pressed={person.person === chosen} data-fragment={person.fragment} style={{ '--lane': person.track.colour }} onClick={() => pick(desk, person.fragment)}>
            <span class="dot" />{person.track.title}
          </button>
        ))}
      </div>
    </>
  );
}
