// A team: its name and the colour of its kit.

import { setTeam } from '../../commands/people';
import type { Team } from '../../model/names';
import { useDesk } from '../context';
import { TextField } from '../TextField';

const GREY = '#8b97a5';

export function TeamRow({ team }: { team: Team }) {
  const desk = useDesk();
  const colour = team.colour ?? desk.people.store.value?.colours[team.id] ?? GREY;
  const paint = (event: Event): void => {
    setTeam(desk, team.id, { name: team.name, colour: (event.currentTarget as HTMLInputElement).value });
  };
  const name = (text: string): void => {
    if (text.trim()) setTeam(desk, team.id, { name: text.trim(), colour: team.colour });
  };
  return (
    <div class="row team-row" data-team={team.id}>
      <input type="color" aria-label={`Colour of ${team.name}`} value={colour} onChange={paint} />
      <TextField name={`Team ${team.id}`} value={team.name} commit={name} />
    </div>
  );
}
