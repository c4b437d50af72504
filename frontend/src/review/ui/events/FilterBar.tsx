// Which events are in the list, and in which order.

import { playerName } from '../../model/names';
import { ALL, NOBODY, type Filters, type Order } from '../../model/queue';
import { autoAdvance } from '../../state/settings';
import { Choice } from '../Choice';
import { useDesk } from '../context';

const STATES = [['unreviewed', 'To review'], ['accepted', 'Accepted'], ['rejected', 'Rejected'], ['all', 'All']] as const;
const ORDERS = [['least-sure', 'Least sure first'], ['time', 'By time'], ['most-sure', 'Most sure first']] as const;
const SOURCES = [['all', 'Any origin'], ['model', 'Found by the model'], ['person', 'Added by people']] as const;

export function FilterBar() {
  const desk = useDesk();
  const filters = desk.filters.value;
  const set = (patch: Partial<Filters>): void => { desk.filters.value = { ...filters, ...patch }; };
  const halves = [...new Set(desk.events.value.map((event) => event.half))].sort();
  const teams = [['', 'Any team'], ...desk.teams.value.map((team) => [team.id, team.name]), [NOBODY, 'No team']] as [string, string][];
  const players = [...new Set(desk.events.value.map((event) => event.player).filter((id) => id !== null))];
  const playerOptions = [['', 'Any player'], ...players.map((id) => [id, playerName(desk.players.value, id)]), [NOBODY, 'No player']] as [string, string][];
  const labels = [['', 'All classes'], ...desk.labels.value.map((label) => [label.name, label.name])] as [string, string][];
  const changed = JSON.stringify({ ...filters, order: '', state: '' }) !== JSON.stringify({ ...ALL, order: '', state: '' });
  return (
    <div class="filters" role="group" aria-label="Filters of the list">
      <Choice name="State" value={filters.state} options={STATES} choose={(state) => set({ state })} />
      <Choice name="Class" value={filters.label} options={labels} choose={(label) => set({ label })} />
      <Choice<Order> name="Order" value={filters.order} options={ORDERS} choose={(order) => set({ order })} />
      <Choice name="Team" value={filters.team} options={teams} choose={(team) => set({ team })} />
      <Choice name="Player" value={filters.player} options={playerOptions} choose={(player) => set({ player })} />
      {halves.length > 1
        ? <Choice name="Period" value={filters.half} options={[['', 'Any period'], ...halves.map((half) => [String(half), `Period ${half}`] as [string, string])]} choose={(half) => set({ half })} />
        : <Choice name="Origin" value={filters.source} options={SOURCES} choose={(source) => set({ source })} />}
      <div class="row wrap checks">
        <label class="check"><input type="checkbox" checked={filters.aboveThreshold} onChange={(event) => { set({ aboveThreshold: event.currentTarget.checked }); event.currentTarget.blur(); }} /> above thresholds</label>
        <label class="check"><input type="checkbox" checked={autoAdvance.value} onChange={(event) => { autoAdvance.value = event.currentTarget.checked; event.currentTarget.blur(); }} /> go on after A or X</label>
        {changed && <button type="button" class="link" onClick={() => { desk.filters.value = { ...ALL, order: filters.order, state: filters.state }; }}>Clear</button>}
      </div>
    </div>
  );
}
