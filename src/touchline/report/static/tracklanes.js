// Lanes of the timeline for tracks: camera shots, teams, officials, the ball.

const BAR_PX = 15;
const GROUP_PX = 36;
const GROUPS = [['A', 'Team A'], ['B', 'Team B'], ['other', 'Team unknown'], ['referee', 'Officials'], ['ball', 'Ball']];
const LANE_COLOURS = { ball: ['#4a5b6e', '#e8edf3'], referee: ['#a98600', '#ffd800'], other: ['#7b8794', '#a9bccf'] };
const PACE_COLOURS = ['#8b97a5', '#3fbf86', '#f0a202', '#e4572e'];   // standing, walking, running, sprinting
const SEEN_COLOUR = '#c2417c';   // actions found by a recogniser
const SHOT_COLOURS = {
  wide: ['#2f9e6b', '#3fbf86'], 'close-up': ['#8a63d2', '#a98aec'], replay: ['#c2417c', '#ea77a8'], other: ['#8b97a5', '#6d7a89'],
};

class TrackLanes {
  /** `actions`: select(track), seek(seconds). */
  constructor(store, timeline, actions) {
    this.store = store;
    this.timeline = timeline;
    this.actions = actions;
    this.selected = null;
    this.time = 0;
    this.box = document.getElementById('lanes');
    const title = element('div', 'lane lane-title');
    title.append(element('h3', '', 'People and ball'), this.legend());
    this.box.append(title);
    if (store.shots.length) this.addShots();
    this.groups = GROUPS.map(([key, name]) => this.addGroup(key, name)).filter(Boolean);
  }

  /** Make the legend of the stripes on players' bars; only those that occur. */
  legend() {
    const box = element('div', 'doing-legend');
    const every = this.store.tracks.flatMap((track) => track.actions);
    const stripes = PACE_COLOURS.map((colour, pace) => [
      this.store.doings.labels[pace], colour, pace > 0 && every.some((a) => a.kind === 'movement' && a.pace === pace),
    ]);
    stripes.push(['on the ball', 'currentColor', every.some((a) => a.kind === 'ball')]);
    stripes.push(['recognised action', SEEN_COLOUR, every.some((a) => a.kind === 'action')]);
    for (const [name, colour, occurs] of stripes) {
      if (!occurs) continue;
      const entry = element('span', '', name);
      const stripe = element('i');
      stripe.style.setProperty('background', colour);
      entry.prepend(stripe);
      box.append(entry);
    }
    return box;
  }

  addRow(name, className) {
    const row = element('div', `lane track-lane ${className}`);
    const head = element('div', 'lane-head');
    const plot = element('div', 'plot');
    const canvas = element('canvas');
    plot.append(canvas, element('div', 'playhead'));
    row.append(head, plot);
    row.dataset.group = name;
    this.box.append(row);
    return { row, head, plot, canvas };
  }

  addShots() {
    const made = this.addRow('Shots', 'shots-lane');
    const count = `${this.store.shots.length} ${this.store.shots.length === 1 ? 'shot' : 'shots'}`;
    made.head.append(element('span', 'lane-label', 'Shots'), element('span', 'lane-count', count));
    this.timeline.addRow({
      ...made,
      draw: (canvas, view, colours) => this.drawShots(canvas, view, colours),
      tip: (time) => this.shotTip(time),
    });
  }

  shotTip(time) {
    const shot = this.store.shotAt(time);
    if (!shot) return [];
    const pitch = shot.pitch > 0 ? `pitch found in ${Math.round(100 * shot.pitch)} % of frames` : 'pitch not found';
    return [`Shot ${shot.index + 1}: ${shot.kind}`, pitch];
  }

  drawShots(canvas, view, colours) {
    const { context, width, height } = preparedCanvas(canvas);
    context.font = '11px ui-sans-serif, system-ui, sans-serif';
    context.textBaseline = 'middle';
    for (const shot of this.store.shots) {
      const left = xOf(shot.start, view, width);
      const right = xOf(shot.end, view, width);
      if (right < 0 || left > width) continue;
      context.fillStyle = (SHOT_COLOURS[shot.kind] || SHOT_COLOURS.other)[colours.dark ? 1 : 0];
      context.globalAlpha = shot.kind === 'wide' ? 0.85 : 0.6;
      context.fillRect(left, 3, Math.max(1, right - left - 1), height - 6);
      context.globalAlpha = 1;
      const from = Math.max(left, 0) + 5;
      if (Math.min(right, width) - from < context.measureText(shot.kind).width + 6) continue;
      context.fillStyle = colours.dark ? '#071524' : '#ffffff';
      context.fillText(shot.kind, from, height / 2 + 0.5);
    }
  }

  addGroup(key, name) {
    const tracks = this.store.tracks.filter((track) => track.group === key);
    if (!tracks.length) return null;
    const made = this.addRow(name, key === 'ball' ? 'ball-lane' : 'group-lane');
    const group = { key, name, tracks, open: false, ...made, counts: this.countSeconds(tracks), ...packed(tracks) };
    made.row.style.setProperty('--lane', this.colourOf(key, false));
    this.fillHead(group);
    this.timeline.addRow({
      ...made,
      draw: (canvas, view, colours) => this.drawGroup(group, canvas, view, colours),
      tip: (time, y) => this.groupTip(group, time, y),
      click: (time, y) => this.onClick(group, time, y),
    });
    return group;
  }

  fillHead(group) {
    const count = `${group.tracks.length} ${group.tracks.length === 1 ? 'track' : 'tracks'}`;
    group.now = element('span', 'lane-count');
    if (group.key === 'ball') {
      group.head.append(element('span', 'dot'), element('span', 'lane-label', group.name), group.now);
      return;
    }
    const toggle = element('button', 'lane-toggle');
    toggle.type = 'button';
    toggle.title = `One row per player of ${group.name}, or one row for all`;
    toggle.append(element('span', 'chevron', '▸'), element('span', 'dot'), element('span', 'lane-label', group.name));
    toggle.addEventListener('click', () => this.unfold(group, !group.open));
    group.toggle = toggle;
    group.head.append(toggle, group.now, element('span', 'lane-count lane-total', count));
    this.unfold(group, false);
  }

  unfold(group, open) {
    group.open = open;
    group.toggle.setAttribute('aria-expanded', String(open));
    group.plot.style.setProperty('height', `${open ? Math.max(GROUP_PX, group.rows * BAR_PX + 6) : GROUP_PX}px`);
    this.timeline.draw();
  }

  colourOf(key, dark) {
    const [light, onDark] = LANE_COLOURS[key] || [this.store.colours[key], this.store.colours[key]];
    return dark ? onDark : light;
  }

  /** Return how many of the given tracks exist in each second. */
  countSeconds(tracks) {
    const counts = new Uint16Array(Math.ceil(this.timeline.data.duration) + 1);
    for (const track of tracks) {
      const last = Math.min(counts.length - 1, Math.floor(track.end));
      for (let s = Math.floor(track.start); s <= last; s += 1) counts[s] += 1;
    }
    return counts;
  }

  drawGroup(group, canvas, view, colours) {
    const { context, width, height } = preparedCanvas(canvas);
    const colour = this.colourOf(group.key, colours.dark);
    group.row.style.setProperty('--lane', colour);
    context.fillStyle = colours.grid;
    for (const time of ticksOf(view, width, 78).times) context.fillRect(Math.round(xOf(time, view, width)), 0, 1, height);
    drawGaps(context, this.timeline.data.gaps, view, width, height, colours);
    if (group.open || group.key === 'ball') this.drawBars(group, { context, view, width, colours, colour, height });
    else this.drawCounts(group, { context, view, width, height, colour });
  }

  /** Draw the number of tracked people as an area that is full at eleven. */
  drawCounts(group, { context, view, width, height, colour }) {
    const full = Math.max(group.key === 'referee' ? 3 : 11, group.rows);
    const perPixel = (view.to - view.from) / width;
    context.fillStyle = colour;
    for (let x = 0; x < width; x += 1) {
      const from = view.from + x * perPixel;
      const count = perPixel > 1 ? this.countBetween(group, from, from + perPixel) : this.countAt(group, from);
      const tall = ((height - 4) * count) / full;
      context.globalAlpha = 0.55;
      context.fillRect(x, height - tall, 1, tall);
    }
    context.globalAlpha = 1;
  }

  countBetween(group, from, to) {
    let best = 0;
    const last = Math.min(group.counts.length - 1, Math.floor(to));
    for (let s = Math.max(0, Math.floor(from)); s <= last; s += 1) best = Math.max(best, group.counts[s]);
    return best;
  }

  countAt(group, time) {
    const there = this.store.bySecond[Math.floor(time)] || [];
    return there.filter((t) => t.group === group.key && time >= t.start && time <= t.end).length;
  }

  /** Draw a bar for each track in view, with its name if there is room. */
  drawBars(group, { context, view, width, colours, colour, height }) {
    context.font = '600 10.5px ui-sans-serif, system-ui, sans-serif';
    context.textBaseline = 'middle';
    const ball = group.key === 'ball';
    for (const track of group.tracks) {
      if (track.end < view.from || track.start > view.to) continue;
      const left = xOf(track.start, view, width);
      const right = Math.max(left + 1, xOf(track.end, view, width));
      const top = ball ? 3 : 3 + group.rowOf.get(track) * BAR_PX;
      const tall = ball ? height - 6 : BAR_PX - 2;
      context.fillStyle = colour;
      context.globalAlpha = track === this.selected ? 1 : ball ? 0.7 : 0.45 + 0.35 * (track.sure || 0);
      context.fillRect(left, top, right - left, tall);
      context.globalAlpha = 1;
      if (!ball) drawDoings(context, track, { view, width, top, tall, dark: colours.dark });
      if (track === this.selected) {
        context.strokeStyle = colours.text;
        context.lineWidth = 2;
        context.strokeRect(left + 1, top, right - left - 2, tall);
      }
      const from = Math.max(left, 0) + 4;
      const room = Math.min(right, width) - from - 4;
      if (ball || room < 6 * track.title.length - 4 || room < context.measureText(track.title).width) continue;
      context.fillStyle = isLight(colour) ? '#0c121a' : '#ffffff';
      context.fillText(track.title, from, top + tall / 2 + 0.5);
    }
  }

  trackAt(group, time, y) {
    const row = Math.floor((y - 3) / BAR_PX);
    const slack = (3 / group.plot.clientWidth) * this.timeline.span;
    return group.tracks.find((t) => group.rowOf.get(t) === row && time >= t.start - slack && time <= t.end + slack);
  }

  groupTip(group, time, y) {
    const track = group.open ? this.trackAt(group, time, y) : null;
    if (!track) return [`${group.name}: ${this.countAt(group, time)} tracked`];
    const doing = this.store.doing(track, time);
    const words = [...doing.action, ...doing.movement, ...doing.ball].join(', ');
    const span = `${formatClock(track.start, 1)} to ${formatClock(track.end, 1)}`;
    return [`${group.name}, ${track.title}`, ...(words ? [words] : []), span];
  }

  /** Select the clicked track and seek to the clicked time. */
  onClick(group, time, y) {
    const track = group.open ? this.trackAt(group, time, y) : null;
    if (track) this.actions.select(track);
    this.actions.seek(time);
  }

  setSelected(track) {
    this.selected = track;
    const group = track && this.groups.find((g) => g.key === track.group);
    if (group && group.toggle && !group.open) this.unfold(group, true);
    this.timeline.draw();
  }

  setTime(time) {
    for (const group of this.groups) {
      const now = this.countAt(group, time);
      const text = group.key === 'ball' ? (now ? 'visible' : 'not visible') : `${now} now`;
      if (group.now.textContent !== text) group.now.textContent = text;
    }
  }
}

/** Draw the pace along the bottom of a bar, ball possession and recognised actions along its top. */
function drawDoings(context, track, { view, width, top, tall, dark }) {
  for (const action of track.actions) {
    if (action.end < view.from || action.start > view.to) continue;
    const left = xOf(action.start, view, width);
    const right = Math.max(left + 1, xOf(action.end, view, width));
    if (action.kind === 'movement') {
      if (!action.pace) continue;   // standing is not drawn
      context.fillStyle = PACE_COLOURS[action.pace];
      context.fillRect(left, top + tall - 3, right - left, 3);
    } else {
      context.fillStyle = action.kind === 'ball' ? (dark ? '#ffffff' : '#0c121a') : SEEN_COLOUR;
      context.fillRect(left, top, right - left, 3);
    }
  }
}

/** Assign rows to tracks so that no two in a row overlap: as many rows as tracks at the busiest moment. */
function packed(tracks) {
  const ends = [];
  const rowOf = new Map();
  for (const track of [...tracks].sort((a, b) => a.start - b.start || a.id - b.id)) {
    let row = ends.findIndex((end) => end < track.start);
    if (row < 0) row = ends.length;
    ends[row] = track.end;
    rowOf.set(track, row);
  }
  return { rows: ends.length, rowOf };
}
