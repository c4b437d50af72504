// What to cut: classes, players, teams, how sure, how much before and after.

import { playerName } from '../../model/names';
import { plural } from '../../state/words';
import { useState } from 'preact/hooks';
import type { ClipsPost } from '../../types';
import { useDesk } from '../context';

export function ClipsForm({ busy, start }: { busy: boolean; start(wanted: ClipsPost): void }) {
  const desk = useDesk();
  const [wanted, setWanted] = useState<ClipsPost>({});
  const read = (form: HTMLFormElement): ClipsPost => postOf(new FormData(form));
  const count = desk.counted.value.filter((event) => matchesPost(event, wanted)).length;
  return (
    <form
      class="form" onInput={(event) => setWanted(read(event.currentTarget))}
      onSubmit={(event) => { event.preventDefault(); start(read(event.currentTarget)); }}
    >
      <Picks name="labels" title="Classes" options={desk.labels.value.map((label) => [label.name, label.name])} />
      <Picks name="players" title="Players" options={desk.players.value.map((player) => [player.id, playerName([player], player.id)])} />
      <Picks name="teams" title="Teams" options={desk.teams.value.map((team) => [team.id, team.name])} />
      <div class="row wrap">
        <label class="field short"><span>Least confidence</span><input type="number" name="min_confidence" min={0} max={1} step={0.01} defaultValue="0" /></label>
        <label class="field short"><span>Lead s</span><input type="number" name="lead" min={0} step={0.5} placeholder="by class" /></label>
        <label class="field short"><span>Lag s</span><input type="number" name="lag" min={0} step={0.5} placeholder="by class" /></label>
      </div>
      <div class="row wrap">
        {([['reviewed', 'only accepted'], ['reel', 'one reel'], ['titles', 'titles in the reel'], ['fast', 'fast, cut at key frames']] as const).map(([name, words]) => (
          <label class="check" key={name}><input type="checkbox" name={name} /> {words}</label>
        ))}
      </div>
      <button type="submit" class="primary" disabled={busy || !count}>{busy ? 'Cutting …' : `Cut ${plural(count, 'clip')}`}</button>
    </form>
  );
}

function Picks({ name, title, options }: { name: string; title: string; options: ReadonlyArray<readonly [string, string]> }) {
  if (!options.length) return null;
  return (
    <fieldset class="picks"><legend>{title} <small class="soft">none chosen: all</small></legend>
      {options.map(([value, words]) => <label class="check" key={value}><input type="checkbox" name={name} value={value} /> <bdi>{words}</bdi></label>)}
    </fieldset>
  );
}

function postOf(form: FormData): ClipsPost {
  const all = (name: string): string[] => form.getAll(name).map(String);
  const us = (name: string): number | null => (form.get(name) ? Math.round(Number(form.get(name)) * 1e6) : null);
  const on = (name: string): boolean => form.get(name) !== null;
  return {
    labels: all('labels'), players: all('players'), teams: all('teams'), min_confidence: Number(form.get('min_confidence') || 0),
    lead_us: us('lead'), lag_us: us('lag'), reviewed: on('reviewed'), reel: on('reel'), titles: on('titles'), fast: on('fast'),
  };
}

function matchesPost(event: { label: string; player: string | null; team: string | null; confidence: number; state: string }, wanted: ClipsPost): boolean {
  const among = (list: string[] | undefined, value: string | null): boolean => !list?.length || (value !== null && list.includes(value));
  return among(wanted.labels, event.label) && among(wanted.players, event.player) && among(wanted.teams, event.team)
    && event.confidence >= (wanted.min_confidence ?? 0) && (!wanted.reviewed || event.state === 'accepted');
}
