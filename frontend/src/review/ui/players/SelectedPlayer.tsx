// The selected player: who it is, and joining, splitting and correcting its track.

import { describe, isPlayer, playerFrom, separate } from '../../commands/people';
import { identity, joinedTo, personOf, trackOf } from '../../model/identity';
import { playerName } from '../../model/names';
import { described } from '../../model/trackedits';
import type { TrackValue } from '../../model/values';
import { fragmentName } from '../../state/people';
import { ActionButton } from '../ActionButton';
import { Choice } from '../Choice';
import { useDesk } from '../context';
import { TextField } from '../TextField';

const ROLES = [['', 'As the model says'], ['player', 'Player'], ['goalkeeper', 'Goalkeeper'], ['referee', 'Referee'], ['ball', 'Ball']] as const;
const AS_MODEL = 'as-model';

export function SelectedPlayer({ fragment }: { fragment: string }) {
  const desk = useDesk();
  const corrections = desk.corrections.value;
  const who = identity(corrections, fragment);
  const track = desk.people.store.value?.byId.get(Number(trackOf(fragment)));
  const title = track ? desk.people.face(track, fragment).title : fragment;
  const joined = joinedTo(corrections, personOf(corrections, fragment));
  const teams = [[AS_MODEL, 'As the model says'], ...desk.teams.value.map((team) => [team.id, team.name]), ['', 'Neither team']] as [string, string][];
  return (
    <section class="selected-player" data-selected={fragment}>
      <h2>Selected: {title}</h2>
      <div class="fields">
        <PlayerName fragment={fragment} />
        <label class="field"><span>Team</span><Choice name="Team of the player" value={who.team ?? AS_MODEL} options={teams} choose={(id) => describe(desk, fragment, { team: id === AS_MODEL ? null : id }, 'Team changed')} /></label>
        <label class="field"><span>Role</span><Choice name="Role" value={who.role ?? ''} options={ROLES} choose={(role) => describe(desk, fragment, { role: (role || null) as TrackValue['role'] }, 'Role changed')} /></label>
      </div>
      <div class="row wrap">
        <ActionButton action="join" class="small" pressed={desk.picking.value === 'join'}>Join with …</ActionButton>
        <ActionButton action="split" class="small">Split here</ActionButton>
        <ActionButton action="no-box" class="small">Nobody there</ActionButton>
      </div>
      <p class="soft">Pause to drag the box on the picture.</p>
      {joined.map((id) => (
        <p class="row" key={id}>Joined: {fragmentName(id)} <button type="button" class="small" onClick={() => separate(desk, id)}>Take apart</button></p>
      ))}
    </section>
  );
}

function PlayerName({ fragment }: { fragment: string }) {
  const desk = useDesk();
  const corrections = desk.corrections.value;
  const who = identity(corrections, fragment);
  const team = who.team ?? desk.people.store.value?.byId.get(Number(trackOf(fragment)))?.team ?? null;
  const commit = (text: string): void => {
    if (!isPlayer(text)) return;
    const found = playerFrom(desk, text, team);
    desk.do([...(found?.changes ?? []), ...described(corrections, fragment, { player: found?.id ?? null })], found ? `Player ${text}` : 'No name');
  };
  return (
    <>
      <TextField name="Player" value={playerName(desk.players.value, who.player)} hint="number and name" list="track-players" commit={commit} />
      <datalist id="track-players">{desk.players.value.map((player) => <option key={player.id} value={playerName([player], player.id)} />)}</datalist>
    </>
  );
}
