// What the selected event is: class, team, player, start.

import { change, setPlayer, setTeam } from '../../commands/edit';
import { isPlayer, playerFrom } from '../../commands/people';
import * as edits from '../../model/edits';
import type { ReviewEvent } from '../../model/events';
import { playerName } from '../../model/names';
import { Choice } from '../Choice';
import { useDesk } from '../context';
import { TextField } from '../TextField';
import { StartField } from './TimeFields';

export function WhoFields({ event }: { event: ReviewEvent }) {
  const desk = useDesk();
  const labels = desk.labels.value.map((label) => [label.name, label.name] as const);
  const teams = [['', 'No team'], ...desk.teams.value.map((team) => [team.id, team.name])] as [string, string][];
  if (event.team !== null && !teams.some(([id]) => id === event.team)) teams.push([event.team, event.team]);
  return (
    <div class="fields">
      <label class="field"><span>Class</span><Choice name="Class of the event" value={event.label} options={labels} choose={(label) => change(desk, { label }, `${label} now`)} /></label>
      <label class="field"><span>Team</span><Choice name="Team of the event" value={event.team ?? ''} options={teams} choose={(id) => setTeam(desk, id || null)} /></label>
      <PlayerField event={event} />
      <StartField event={event} />
    </div>
  );
}

function PlayerField({ event }: { event: ReviewEvent }) {
  const desk = useDesk();
  const commit = (text: string): void => {
    if (!isPlayer(text)) return;
    const found = playerFrom(desk, text, event.team);
    if (!found) setPlayer(desk, null);
    else if (!found.changes.length) setPlayer(desk, found.id);
    else desk.do([...found.changes, ...edits.edited(desk.corrections.value, [event], { player: found.id })], `New player ${text}`);
  };
  return (
    <>
      <TextField
        name="Player" value={playerName(desk.players.value, event.player)} hint="number or name" list="known-players" commit={commit}
        wanted={desk.wanted.value === 'player'} reached={() => { desk.wanted.value = null; }}
      />
      <datalist id="known-players">
        {desk.players.value.map((player) => <option key={player.id} value={playerName([player], player.id)} />)}
      </datalist>
    </>
  );
}
