// The table of players and the heat map.

import { byId, element } from '../shared/dom';
import { formatClock } from '../shared/format';
import { HeatGrid, drawHeat } from '../shared/heat';
import { BALL, peopleOf, type Track, type TrackStore } from '../shared/tracks';
import type { Span } from '../shared/view';

const MAX_ROWS = 300;

interface Column {
  key: string;
  text: string;
  title?: string;
  value(track: Track): string | number | undefined;
  show?(value: number): string;
  /** Whether the first click sorts downwards. */
  down: boolean;
  bands?: boolean;
}

export interface SquadActions {
  select(track: Track | null): void;
  visit(track: Track): void;
}

export class SquadView {
  private readonly heat = byId<HTMLCanvasElement>('heat');
  private readonly choice = byId<HTMLSelectElement>('heat-of');
  private readonly viewOnly = byId<HTMLInputElement>('heat-view');
  private readonly columns: Column[];
  private readonly people: Track[];
  private selected: Track | null = null;
  private sort = { key: 'seen', down: true };

  /** `view()` gives the part of the timeline in view. */
  constructor(private readonly store: TrackStore, private readonly actions: SquadActions, private readonly view: () => Span) {
    byId('squad').hidden = false;
    this.columns = this.makeColumns();
    this.people = peopleOf(store.tracks);
    this.fillNotes();
    this.fillHead();
    this.fillRows();
    this.wireHeat();
  }

  private makeColumns(): Column[] {
    const metres = (value: number): string => `${value.toFixed(0)} m`;
    const pace = (value: number): string => `${(3.6 * value).toFixed(1)} km/h`;
    const columns: Column[] = [
      { key: 'name', text: 'Player', value: (t) => t.title, down: false },
      { key: 'group', text: 'Team', value: (t) => this.store.names[t.group], down: false },
      { key: 'seen', text: 'Seen', title: 'Time in the picture', value: (t) => t.seen, show: (v) => formatClock(v, 1), down: true },
    ];
    if (!this.store.tracks.some((track) => track.moved)) return columns;
    return [
      ...columns,
      { key: 'distance', text: 'Distance', title: 'Distance covered while the position on the pitch was known', value: (t) => t.moved?.distance, show: metres, down: true },
      { key: 'sprints', text: 'Sprints', title: 'At least 1 s at sprinting pace', value: (t) => t.moved?.sprints, down: true },
      { key: 'top', text: 'Top speed', title: 'Highest speed held for 0.4 s', value: (t) => t.moved?.top, show: pace, down: true },
      { key: 'fast', text: 'Pace', title: 'Share of time at each pace', value: (t) => fastShare(t), bands: true, down: true },
    ];
  }

  private fillNotes(): void {
    const list = byId('squad-notes');
    list.replaceChildren(...this.store.notes.map((note) => element('li', '', note)));
    list.hidden = !this.store.notes.length;
    const legend = byId('bands');
    legend.replaceChildren(...this.store.bands.map(({ name, from, colour }) => {
      const item = element('span', 'band-name');
      item.append(makeBand(colour), `${name}${from > 0 ? ` ≥ ${(3.6 * from).toFixed(1).replace('.0', '')} km/h` : ''}`);
      return item;
    }));
    legend.hidden = !this.store.bands.length || !this.store.tracks.some((track) => track.moved);
  }

  private fillHead(): void {
    const row = element('tr');
    for (const column of this.columns) {
      const cell = element('th');
      cell.scope = 'col';
      const button = element('button', 'sort', column.text);
      button.type = 'button';
      if (column.title) button.title = column.title;
      button.addEventListener('click', () => this.sortBy(column));
      cell.append(button);
      cell.dataset.key = column.key;
      row.append(cell);
    }
    byId('squad-head').replaceChildren(row);
  }

  private sortBy(column: Column): void {
    const again = this.sort.key === column.key;
    this.sort = { key: column.key, down: again ? !this.sort.down : column.down };
    this.fillRows();
  }

  private sorted(): Track[] {
    const column = this.columns.find(({ key }) => key === this.sort.key)!;
    const sign = this.sort.down ? -1 : 1;
    const compare = (a: Track, b: Track): number => {
      const [x, y] = [column.value(a), column.value(b)];
      if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined);
      const order = typeof x === 'string' ? x.localeCompare(String(y), undefined, { numeric: true }) : x - Number(y);
      return sign * order || a.id - b.id;
    };
    return [...this.people].sort(compare);
  }

  private fillRows(): void {
    const shown = this.sorted().slice(0, MAX_ROWS);
    byId('squad-rows').replaceChildren(...shown.map((track) => this.makeRow(track)));
    byId('squad-count').textContent = String(this.people.length);
    const more = byId('squad-more');
    more.hidden = shown.length === this.people.length;
    more.textContent = `Showing the first ${shown.length} of ${this.people.length.toLocaleString('en')} in this order.`;
    for (const cell of document.querySelectorAll<HTMLElement>('#squad-head th')) {
      if (cell.dataset.key !== this.sort.key) cell.removeAttribute('aria-sort');
      else cell.setAttribute('aria-sort', this.sort.down ? 'descending' : 'ascending');
    }
    this.mark();
  }

  private makeRow(track: Track): HTMLElement {
    const row = element('tr');
    row.dataset.id = String(track.id);
    row.tabIndex = 0;
    for (const column of this.columns) row.append(this.makeCell(track, column));
    const real = this.store.byId.get(track.id) ?? track;
    const choose = (): void => (this.isSelected(track.id) ? this.actions.select(null) : this.actions.visit(real));
    row.addEventListener('click', choose);
    row.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter') return;
      event.preventDefault();
      choose();
    });
    return row;
  }

  private makeCell(track: Track, column: Column): HTMLElement {
    const cell = element('td', `cell-${column.key}`);
    const value = column.value(track);
    if (column.bands) cell.append(this.makeBands(track));
    else cell.append(element('bdi', '', value === undefined ? '–' : column.show ? column.show(Number(value)) : value));
    if (column.key === 'name') {
      const dot = element('span', 'dot');
      dot.style.setProperty('--lane', track.colour);
      cell.prepend(dot);
    }
    return cell;
  }

  private makeBands({ moved }: Track): HTMLElement {
    const bar = element('span', 'bands');
    if (!moved) return bar;
    const all = moved.bands.reduce((a, b) => a + b, 0) || 1;
    bar.title = this.store.bands.map(({ name }, i) => `${name} ${moved.bands[i].toFixed(1)} s`).join(', ');
    moved.bands.forEach((seconds, i) => {
      const part = makeBand(this.store.bands[i].colour);
      part.style.setProperty('width', `${(100 * seconds) / all}%`);
      bar.append(part);
    });
    return bar;
  }

  private wireHeat(): void {
    byId('heat-card').hidden = !this.store.placed;
    byId('no-pitch').hidden = this.store.placed;
    if (!this.store.placed) return;
    for (const key of Object.keys(this.store.names)) {
      if (!this.store.tracks.some((track) => track.group === key)) continue;
      const option = element('option', '', this.store.names[key]);
      option.value = key;
      this.choice.append(option);
    }
    this.choice.addEventListener('change', () => this.drawHeat());
    this.viewOnly.addEventListener('change', () => this.drawHeat());
    new ResizeObserver(() => this.drawHeat()).observe(this.heat);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.drawHeat());
  }

  setSelected(track: Track | null): void {
    this.selected = track;
    let option = this.choice.querySelector<HTMLOptionElement>('option[value=chosen]');
    if (!option && track) {
      option = element('option');
      option.value = 'chosen';
      this.choice.prepend(option);
    }
    if (track && option) {
      option.textContent = track.label === BALL ? 'Ball' : `Player ${track.title}`;
      this.choice.value = 'chosen';
    } else if (option) {
      option.remove();
    }
    this.mark();
    this.drawHeat();
  }

  /** Return whether a track, or another one of the same person, is selected. */
  private isSelected(id: number): boolean {
    if (this.selected === null) return false;
    const person = this.store.byId.get(id)?.person ?? null;
    return id === this.selected.id || (person !== null && person === this.selected.person);
  }

  private mark(): void {
    for (const row of document.querySelectorAll<HTMLElement>('#squad-rows tr')) {
      if (this.isSelected(Number(row.dataset.id))) row.setAttribute('aria-current', 'true');
      else row.removeAttribute('aria-current');
    }
  }

  /** Redraw the heat map after the timeline has moved, if it shows the visible part only. */
  onView(): void {
    if (this.store.placed && this.viewOnly.checked) this.drawHeat();
  }

  private grid(): HeatGrid {
    const grid = new HeatGrid(this.store.pitch);
    const { from, to } = this.viewOnly.checked ? this.view() : { from: 0, to: Infinity };
    const add = grid.add.bind(grid);
    for (const track of this.chosenTracks()) {
      if (track.end >= from && track.start <= to) this.store.eachPlace(track, from, Math.min(to, track.end), add);
    }
    return grid;
  }

  private chosenTracks(): Track[] {
    if (this.choice.value === 'chosen') return this.store.tracks.filter((track) => this.isSelected(track.id));
    return this.store.tracks.filter((track) => track.group === this.choice.value);
  }

  private drawHeat(): void {
    if (!this.store.placed) return;
    const grid = this.grid();
    drawHeat(this.heat, grid, getComputedStyle(document.documentElement).getPropertyValue('--text-soft').trim());
    byId('heat-sum').textContent = grid.total >= 1 ? `${formatClock(grid.total, 0)} of movement` : 'No positions here';
  }
}

function makeBand(colour: string): HTMLElement {
  const band = element('i', 'band');
  band.style.setProperty('background', colour);
  return band;
}

/** Return the share of time spent at the two fastest paces. */
function fastShare({ moved }: Track): number | undefined {
  if (!moved) return undefined;
  const all = moved.bands.reduce((a, b) => a + b, 0);
  return all ? (moved.bands[moved.bands.length - 1] + moved.bands[moved.bands.length - 2]) / all : 0;
}
