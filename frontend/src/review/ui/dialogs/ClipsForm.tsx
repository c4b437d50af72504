// What to cut: classes, players, teams, how sure, how much before and after. It starts from the filters of the list.

import { useState } from 'preact/hooks';
import { fromFilters, matchesPost } from '../../model/clips';
import { ALL } from '../../model/queue';
import { playerName } from '../../model/names';
import { plural } from '../../state/words';
import type { ClipsPost } from '../../types';
import { useDesk } from '../context';

export function ClipsForm({ busy, start }: { busy: boolean; start(wanted: ClipsPost): void }) {
  const desk = useDesk();
  const [initial, setInitial] = useState<ClipsPost>(() => fromFilters(desk.filters.value));
  const [wanted, setWanted] = useState<ClipsPost>(initial);
  const read = (form: HTMLFormElement): ClipsPost => postOf(new FormData(form));
  const count = desk.counted.value.filter((event) => matchesPost(event, wanted)).length;
  const filtered = JSON.stringify(initial) !== JSON.stringify(fromFilters(ALL));
  const all = (): void => {
    const none = fromFilters(ALL);
    setInitial(none);
    setWanted(none);
  };
  return (
    <form
      key={filtered ? 'filtered' : 'all'} class="form" onInput={(event) => setWanted(read(event.currentTarget))}
      onSubmit={(event) => { event.preventDefault(); start(read(event.currentTarget)); }}
    >
      {filtered && <p class="soft">As the filters of the list say. <button type="button" class="link" onClick={all}>All events</button></p>}
      <Picks name="labels" title="Classes" chosen={initial.labels} options={desk.labels.value.map((label) => [label.name, label.name])} />
      {!wanted.each_player && <Picks name="players" title="Players" chosen={initial.players} options={playersOfEvents(desk)} />}
      <Picks name="teams" title="Teams" chosen={initial.teams} options={desk.teams.value.map((team) => [team.id, team.name])} />
      <div class="row wrap">
        <label class="field short"><span>Least confidence</span><input type="number" name="min_confidence" min={0} max={1} step={0.01} defaultValue="0" /></label>
        <label class="field short"><span>Lead s</span><input type="number" name="lead" min={0} step={0.5} placeholder="by class" /></label>
        <label class="field short"><span>Lag s</span><input type="number" name="lag" min={0} step={0.5} placeholder="by class" /></label>
      </div>
      <div class="row wrap">
        <Flag name="reviewed" words="only accepted" initial={initial.reviewed} />
        <Flag name="each_player" words="a folder for each player with a name" />
        <Flag name="apart" words="one clip for each event, even if clips overlap" />
      </div>
      <div class="row wrap">
        <Flag name="titles" words="titles in the picture" />
        <Flag name="reel" words="all in one reel as well" />
        <Flag name="only_reel" words="only the reel" disabled={!wanted.reel} />
        <Flag name="cards" words="title cards in the reel" disabled={!wanted.reel} />
        <Flag name="fast" words="fast, cut at key frames" disabled={wanted.titles && wanted.clips} />
      </div>
      <button type="submit" class="primary" disabled={busy || !(count || ofPlayers(wanted))}>{busy ? 'Cutting …' : buttonWords(wanted, count)}</button>
    </form>
  );
}

/** With players, also what they do without an event is cut, and that is not counted here. */
const ofPlayers = (wanted: ClipsPost): boolean => Boolean(wanted.each_player || wanted.players?.length);

function buttonWords(wanted: ClipsPost, count: number): string {
  if (wanted.each_player) return 'Cut clips of each player';
  if (wanted.players?.length) return 'Cut all that they do';
  return wanted.merge ? `Cut ${plural(count, 'clip')}${count > 1 ? ', fewer where they overlap' : ''}` : `Cut ${plural(count, 'clip')}`;
}

/** Return the players with names, then those that only events name. */
function playersOfEvents(desk: ReturnType<typeof useDesk>): [string, string][] {
  const named = desk.players.value;
  const others = [...new Set(desk.events.value.map((event) => event.player))].filter((id) => id !== null && !named.some((player) => player.id === id)) as string[];
  return [...named.map((player) => player.id), ...others].map((id) => [id, playerName(named, id)]);
}

function Flag({ name, words, initial = false, disabled = false }: { name: string; words: string; initial?: boolean; disabled?: boolean }) {
  return <label class="check"><input type="checkbox" name={name} defaultChecked={initial} disabled={disabled} /> {words}</label>;
}

interface PicksProps { name: string; title: string; chosen: readonly string[] | undefined; options: ReadonlyArray<readonly [string, string]> }

function Picks({ name, title, chosen, options }: PicksProps) {
  if (!options.length) return null;
  return (
    <fieldset class="picks"><legend>{title} <small class="soft">none chosen: all</small></legend>
      {options.map(([value, words]) => <label class="check" key={value}><input type="checkbox" name={name} value={value} defaultChecked={chosen?.includes(value)} /> <bdi>{words}</bdi></label>)}
    </fieldset>
  );
}

function postOf(form: FormData): ClipsPost {
  const all = (name: string): string[] => form.getAll(name).map(String);
  const us = (name: string): number | null => (form.get(name) ? Math.round(Number(form.get(name)) * 1e6) : null);
  const on = (name: string): boolean => form.get(name) !== null;
  return {
    labels: all('labels'), players: all('players'), teams: all('teams'), min_confidence: Number(form.get('min_confidence') || 0),
    lead_us: us('lead'), lag_us: us('lag'), reviewed: on('reviewed'), each_player: on('each_player'), merge: !on('apart'),
    reel: on('reel'), clips: !(on('reel') && on('only_reel')), titles: on('titles'), cards: on('reel') && on('cards'), fast: on('fast'),
  };
}
