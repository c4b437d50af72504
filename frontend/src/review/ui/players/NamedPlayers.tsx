// The players that have a number or a name.

import { isPlayer, setPlayer } from '../../commands/people';
import { parsePlayer, playerName, type Player } from '../../model/names';
import { Choice } from '../Choice';
import { useDesk } from '../context';
import { TextField } from '../TextField';

export function NamedPlayers() {
  const desk = useDesk();
  const players = desk.players.value;
  return (
    <>
      <h2>Players with names <span class="soft">{players.length}</span></h2>
      {players.map((player) => <NamedPlayer key={player.id} player={player} />)}
      {!players.length && <p class="soft">Select a player on the picture and type a number and a name, or press G on an event.</p>}
    </>
  );
}

function NamedPlayer({ player }: { player: Player }) {
  const desk = useDesk();
  const teams = [['', 'No team'], ...desk.teams.value.map((team) => [team.id, team.name])] as [string, string][];
  const events = desk.counted.value.filter((event) => event.player === player.id).length;
  const rename = (text: string): void => {
    const typed = parsePlayer(text);
    if (typed && isPlayer(text)) setPlayer(desk, { ...player, ...typed });
  };
  return (
    <div class="row team-row" data-player={player.id}>
      <TextField name="Number and name" value={playerName([player], player.id)} commit={rename} />
      <Choice name={`Team of ${playerName([player], player.id)}`} value={player.team ?? ''} options={teams} choose={(team) => setPlayer(desk, { ...player, team: team || null })} />
      <span class="soft">{events}</span>
    </div>
  );
}
