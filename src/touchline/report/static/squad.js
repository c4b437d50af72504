// The table of players and the heat map.

const CELL_M = 2;
const SMOOTH_CELLS = 2;
const MAX_ROWS = 300;
const HEAT = [[255, 247, 188], [254, 196, 79], [236, 112, 20], [153, 52, 4]];

/** A grid of the seconds spent on each cell of the pitch. */
class HeatGrid {
  constructor(pitch) {
    this.columns = Math.ceil(pitch.length_m / CELL_M);
    this.rows = Math.ceil(pitch.width_m / CELL_M);
    this.pitch = pitch;
    this.cells = new Float32Array(this.columns * this.rows);
    this.total = 0;
  }

  add(x, y, seconds) {
    const column = Math.floor((x + this.pitch.length_m / 2) / CELL_M);
    const row = Math.floor((this.pitch.width_m / 2 - y) / CELL_M);
    this.cells[clamp(row, 0, this.rows - 1) * this.columns + clamp(column, 0, this.columns - 1)] += seconds;
    this.total += seconds;
  }

  /** Average the cells with their neighbours three times, which approximates a Gaussian blur. */
  smoothed() {
    let cells = this.cells;
    for (let pass = 0; pass < 3; pass += 1) {
      cells = boxBlur(cells, this.columns, this.rows, 1, this.columns);
      cells = boxBlur(cells, this.rows, this.columns, this.columns, 1);
    }
    return cells;
  }
}

/** Average along lines of `count` cells that are `step` apart; lines start `next` apart. */
function boxBlur(cells, count, lines, step, next) {
  const out = new Float32Array(cells.length);
  const reach = Math.floor(SMOOTH_CELLS / 2);
  for (let line = 0; line < lines; line += 1) {
    for (let i = 0; i < count; i += 1) {
      let sum = 0;
      let known = 0;
      for (let k = Math.max(0, i - reach); k <= Math.min(count - 1, i + reach); k += 1) {
        sum += cells[line * next + k * step];
        known += 1;
      }
      out[line * next + i * step] = sum / known;
    }
  }
  return out;
}

class SquadView {
  /** `actions`: select(track or null), visit(track); `view()` gives the part of the timeline in view. */
  constructor(store, actions, view) {
    this.store = store;
    this.actions = actions;
    this.view = view;
    this.selected = null;
    this.sort = { key: 'seen', down: true };
    this.box = document.getElementById('squad');
    this.box.hidden = false;
    this.heat = document.getElementById('heat');
    this.choice = document.getElementById('heat-of');
    this.columns = this.makeColumns();
    this.people = store.tracks.filter((track) => track.label !== BALL);
    this.fillNotes();
    this.fillHead();
    this.fillRows();
    this.wireHeat();
  }

  makeColumns() {
    const columns = [
      { key: 'name', text: 'Player', value: (t) => t.title, down: false },
      { key: 'group', text: 'Team', value: (t) => GROUPS.find(([key]) => key === t.group)[1], down: false },
      { key: 'seen', text: 'Seen', title: 'Time tracked', value: (t) => t.end - t.start, show: (v) => formatClock(v, 1) },
    ];
    if (!this.store.tracks.some((track) => track.moved)) return columns;
    return [
      ...columns,
      { key: 'distance', text: 'Distance', title: 'Distance covered while the position on the pitch was known', value: (t) => t.moved?.distance, show: (v) => `${v.toFixed(0)} m` },
      { key: 'sprints', text: 'Sprints', title: 'At least 1 s at sprinting pace', value: (t) => t.moved?.sprints },
      { key: 'top', text: 'Top speed', title: 'Highest speed held for 0.4 s', value: (t) => t.moved?.top, show: (v) => `${(3.6 * v).toFixed(1)} km/h` },
      { key: 'fast', text: 'Pace', title: 'Share of time at each pace', value: (t) => this.fastShare(t), bands: true },
    ];
  }

  /** Return the share of time spent at the two fastest paces. */
  fastShare(track) {
    if (!track.moved) return undefined;
    const { bands } = track.moved;
    const all = bands.reduce((a, b) => a + b, 0);
    return all ? (bands.at(-1) + bands.at(-2)) / all : 0;
  }

  fillNotes() {
    const list = document.getElementById('squad-notes');
    list.replaceChildren(...this.store.notes.map((note) => element('li', '', note)));
    list.hidden = !this.store.notes.length;
    const legend = document.getElementById('bands');
    legend.replaceChildren(...this.store.bands.map(({ name, from }, i) => {
      const item = element('span', 'band-name');
      const dot = element('i', `band band-${i}`);
      item.append(dot, `${name}${from > 0 ? ` ≥ ${(3.6 * from).toFixed(0)} km/h` : ''}`);
      return item;
    }));
    legend.hidden = !this.store.bands.length || !this.store.tracks.some((track) => track.moved);
  }

  fillHead() {
    const row = element('tr');
    for (const column of this.columns) {
      const cell = element('th');
      const button = element('button', 'sort', column.text);
      button.type = 'button';
      if (column.title) button.title = column.title;
      button.addEventListener('click', () => this.sortBy(column));
      cell.append(button);
      cell.dataset.key = column.key;
      row.append(cell);
    }
    document.getElementById('squad-head').replaceChildren(row);
  }

  sortBy(column) {
    const again = this.sort.key === column.key;
    this.sort = { key: column.key, down: again ? !this.sort.down : column.down !== false };
    this.fillRows();
  }

  sorted() {
    const column = this.columns.find(({ key }) => key === this.sort.key);
    const sign = this.sort.down ? -1 : 1;
    const compare = (a, b) => {
      const [x, y] = [column.value(a), column.value(b)];
      if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
      return sign * (typeof x === 'string' ? x.localeCompare(y, undefined, { numeric: true }) : x - y) || a.id - b.id;
    };
    return [...this.people].sort(compare);
  }

  fillRows() {
    const shown = this.sorted().slice(0, MAX_ROWS);
    document.getElementById('squad-rows').replaceChildren(...shown.map((track) => this.makeRow(track)));
    document.getElementById('squad-count').textContent = String(this.people.length);
    const more = document.getElementById('squad-more');
    more.hidden = shown.length === this.people.length;
    more.textContent = `Showing the first ${shown.length} of ${this.people.length.toLocaleString('en')} in this order.`;
    for (const cell of document.querySelectorAll('#squad-head th')) {
      const on = cell.dataset.key === this.sort.key;
      if (on) cell.setAttribute('aria-sort', this.sort.down ? 'descending' : 'ascending');
      else cell.removeAttribute('aria-sort');
    }
    this.mark();
  }

  makeRow(track) {
    const row = element('tr');
    row.dataset.id = track.id;
    row.tabIndex = 0;
    for (const column of this.columns) {
      const cell = element('td', `cell-${column.key}`);
      const value = column.value(track);
      if (column.bands) cell.append(this.makeBands(track));
      else cell.append(element('bdi', '', value === undefined ? '–' : column.show ? column.show(value) : value));
      if (column.key === 'name') {
        const dot = element('span', 'dot');
        dot.style.setProperty('--lane', track.colour);
        cell.prepend(dot);
      }
      row.append(cell);
    }
    const choose = () => (track === this.selected ? this.actions.select(null) : this.actions.visit(track));
    row.addEventListener('click', choose);
    row.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter') return;
      event.preventDefault();
      choose();
    });
    return row;
  }

  makeBands(track) {
    const bar = element('span', 'bands');
    if (!track.moved) return bar;
    const all = track.moved.bands.reduce((a, b) => a + b, 0) || 1;
    bar.title = this.store.bands.map(({ name }, i) => `${name} ${track.moved.bands[i].toFixed(1)} s`).join(', ');
    track.moved.bands.forEach((seconds, i) => {
      const part = element('i', `band band-${i}`);
      part.style.setProperty('width', `${(100 * seconds) / all}%`);
      bar.append(part);
    });
    return bar;
  }

  wireHeat() {
    document.getElementById('heat-card').hidden = !this.store.placed;
    document.getElementById('no-pitch').hidden = this.store.placed;
    if (!this.store.placed) return;
    for (const [key, name] of GROUPS) {
      if (!this.store.tracks.some((track) => track.group === key)) continue;
      const option = element('option', '', name);
      option.value = key;
      this.choice.append(option);
    }
    this.choice.addEventListener('change', () => this.drawHeat());
    document.getElementById('heat-view').addEventListener('change', () => this.drawHeat());
    new ResizeObserver(() => this.drawHeat()).observe(this.heat);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.drawHeat());
  }

  setSelected(track) {
    this.selected = track;
    let option = this.choice.querySelector('option[value=chosen]');
    if (!option && track) {
      option = element('option');
      option.value = 'chosen';
      this.choice.prepend(option);
    }
    if (track) {
      option.textContent = track.label === BALL ? 'Ball' : `Player ${track.title}`;
      this.choice.value = 'chosen';
    } else if (option) {
      option.remove();
    }
    this.mark();
    this.drawHeat();
  }

  mark() {
    for (const row of document.querySelectorAll('#squad-rows tr')) {
      const on = this.selected !== null && Number(row.dataset.id) === this.selected.id;
      row.toggleAttribute('aria-current', on);
    }
  }

  /** Redraw the heat map after the timeline has moved, if it shows the visible part only. */
  onView() {
    if (this.store.placed && document.getElementById('heat-view').checked) this.drawHeat();
  }

  grid() {
    const grid = new HeatGrid(this.store.pitch);
    const { from, to } = document.getElementById('heat-view').checked ? this.view() : { from: 0, to: Infinity };
    const chosen = this.choice.value === 'chosen';
    const tracks = chosen ? [this.selected] : this.store.tracks.filter((track) => track.group === this.choice.value);
    for (const track of tracks) if (track.end >= from && track.start <= to) this.store.addTo(grid, track, from, Math.min(to, track.end));
    return grid;
  }

  drawHeat() {
    const { context, width, height } = preparedCanvas(this.heat);
    const grid = this.grid();
    const fit = pitchFit(this.store.pitch, width, height, 2);
    const cells = grid.smoothed();
    const most = cells.reduce((a, b) => Math.max(a, b), 0);
    if (most > 0) this.paintCells(context, grid, cells, most, fit);
    const style = getComputedStyle(document.documentElement);
    drawPitch(context, this.store.pitch, fit, style.getPropertyValue('--text-soft').trim());
    const text = grid.total >= 1 ? `${formatClock(grid.total, 0)} of movement` : 'No positions here';
    document.getElementById('heat-sum').textContent = text;
  }

  paintCells(context, grid, cells, most, fit) {
    const picture = new ImageData(grid.columns, grid.rows);
    for (let i = 0; i < cells.length; i += 1) {
      const level = Math.sqrt(cells[i] / most);
      const place = clamp(level * (HEAT.length - 1), 0, HEAT.length - 1.001);
      const [low, high] = [HEAT[Math.floor(place)], HEAT[Math.floor(place) + 1]];
      for (let c = 0; c < 3; c += 1) picture.data[4 * i + c] = low[c] + (high[c] - low[c]) * (place % 1);
      picture.data[4 * i + 3] = 255 * Math.min(1, 1.6 * level);
    }
    const small = element('canvas');
    [small.width, small.height] = [grid.columns, grid.rows];
    small.getContext('2d').putImageData(picture, 0, 0);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = 'high';
    const [left, top] = [fit.x(-grid.pitch.length_m / 2), fit.y(grid.pitch.width_m / 2)];
    context.drawImage(small, left, top, grid.columns * CELL_M * fit.scale, grid.rows * CELL_M * fit.scale);
  }
}
