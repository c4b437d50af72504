// Teams, the selected player, everyone in the picture, and the players with names.

import { useDesk } from '../context';
import { NamedPlayers } from './NamedPlayers';
import { PictureList } from './PictureList';
import { SelectedPlayer } from './SelectedPlayer';
import { TeamRow } from './TeamRow';

export function PlayersPanel() {
  const desk = useDesk();
  return (
    <div class="scroll-panel">
      <h2>Teams</h2>
      {desk.teams.value.map((team) => <TeamRow key={team.id} team={team} />)}
      {!desk.teams.value.length && <p class="soft">The analysis found no teams.</p>}
      {desk.people.selected.value !== null && <SelectedPlayer fragment={desk.people.selected.value} />}
      {desk.people.store.value && <PictureList />}
      <NamedPlayers />
    </div>
  );
}
