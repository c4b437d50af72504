// Lanes of the timeline for tracks: camera shots, teams, officials, the ball.

import { SEEN_COLOUR } from '../shared/colours';
import { byId, element } from '../shared/dom';
import { formatClock } from '../shared/format';
import { BAR_PX, drawGroup, drawShots, groupColour, makeGroup, trackAt, type TrackGroup } from '../shared/tracklanes';
import type { Track, TrackStore } from '../shared/tracks';
import { makeRow, type TimelineView } from './timeline';

const GROUP_PX = 36;

export interface TrackActions {
  select(track: Track | null): void;
  seek(seconds: number): void;
}

/** The elements of a group's lane. */
interface GroupRow {
  group: TrackGroup;
  row: HTMLElement;
  head: HTMLElement;
  plot: HTMLElement;
  canvas: HTMLCanvasElement;
  now: HTMLElement;
  toggle: HTMLButtonElement | null;
}

export class TrackLanes {
  private readonly box = byId('lanes');
  private readonly groups: GroupRow[];
  private selected: Track | null = null;

  constructor(private readonly store: TrackStore, private readonly timeline: TimelineView, private readonly actions: TrackActions) {
    const title = element('div', 'lane lane-title');
    title.append(element('h3', '', 'People and ball'), this.legend());
    this.box.append(title);
    if (store.shots.length) this.addShots();
    const groups = Object.keys(store.names).map((key) => makeGroup(store, key, timeline.duration));
    this.groups = groups.filter((group) => group !== null).map((group) => this.addGroup(group));
  }

  /** Make the legend of the stripes on players' bars; only those that occur. */
  private legend(): HTMLElement {
    const box = element('div', 'doing-legend');
    const every = this.store.tracks.flatMap((track) => track.actions);
    const stripes: Array<[string, string, boolean]> = this.store.paceColours.map((colour, pace) => [
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

  private addShots(): void {
    const made = makeRow('track-lane shots-lane', 'Camera shots over time');
    const { shots } = this.store;
    made.row.dataset.group = 'Shots';
    made.head.append(
      element('span', 'lane-label', 'Shots'),
      element('span', 'lane-count', `${shots.length} ${shots.length === 1 ? 'shot' : 'shots'}`),
    );
    this.box.append(made.row);
    this.timeline.addRow({
      ...made,
      draw: (area, view, theme) => drawShots(area, shots, view, theme.dark),
      tip: (time) => this.shotTip(time),
    });
  }

  private shotTip(time: number): string[] {
    const shot = this.store.shotAt(time);
    if (!shot) return [];
    const pitch = shot.pitch > 0 ? `pitch found in ${Math.round(100 * shot.pitch)} % of frames` : 'pitch not found';
    return [`Shot ${shot.index + 1}: ${shot.kind}`, pitch];
  }

  private addGroup(group: TrackGroup): GroupRow {
    const made = makeRow(`track-lane ${group.key === 'ball' ? 'ball-lane' : 'group-lane'}`, `${group.name}: who is in the picture over time`);
    made.row.dataset.group = group.name;
    made.row.style.setProperty('--lane', groupColour(this.store, group.key, false));
    const row: GroupRow = { ...made, group, now: element('span', 'lane-count'), toggle: null };
    this.fillHead(row);
    this.box.append(made.row);
    this.timeline.addRow({
      ...made,
      draw: (area, view, theme) => {
        made.row.style.setProperty('--lane', groupColour(this.store, group.key, theme.dark));
        drawGroup(area, group, { store: this.store, view, theme, gaps: this.timeline.gaps, selected: this.selected });
      },
      tip: (time, y) => this.groupTip(row, time, y),
      click: (time, y) => this.onClick(row, time, y),
    });
    return row;
  }

  private fillHead(row: GroupRow): void {
    const { group, head, now } = row;
    if (group.key === 'ball') {
      head.append(element('span', 'dot'), element('span', 'lane-label', group.name), now);
      return;
    }
    const count = `${group.tracks.length} ${group.tracks.length === 1 ? 'track' : 'tracks'}`;
    row.toggle = element('button', 'lane-toggle');
    row.toggle.type = 'button';
    row.toggle.title = `One row per player of ${group.name}, or one row for all`;
    row.toggle.append(element('span', 'chevron', '▸'), element('span', 'dot'), element('bdi', 'lane-label', group.name));
    row.toggle.addEventListener('click', () => this.unfold(row, !group.open));
    head.append(row.toggle, now, element('span', 'lane-count lane-total', count));
    this.unfold(row, false);
  }

  private unfold({ group, toggle, plot }: GroupRow, open: boolean): void {
    group.open = open;
    toggle?.setAttribute('aria-expanded', String(open));
    plot.style.setProperty('height', `${open ? Math.max(GROUP_PX, group.rows * BAR_PX + 6) : GROUP_PX}px`);
    this.timeline.draw();
  }

  private trackAt({ group, plot }: GroupRow, time: number, y: number): Track | null {
    return group.open ? trackAt(group, time, y, (3 / plot.clientWidth) * this.timeline.view.span) : null;
  }

  private groupTip(row: GroupRow, time: number, y: number): string[] {
    const { group } = row;
    const track = this.trackAt(row, time, y);
    if (!track) return [`${group.name}: ${this.store.countAt(group.key, time)} tracked`];
    const doing = this.store.doing(track, time);
    const words = [...doing.action, ...doing.movement, ...doing.ball].join(', ');
    const span = `${formatClock(track.start, 1)} to ${formatClock(track.end, 1)}`;
    return [`${group.name}, ${track.title}`, ...(words ? [words] : []), span];
  }

  /** Select the clicked track and seek to the clicked time. */
  private onClick(row: GroupRow, time: number, y: number): void {
    const track = this.trackAt(row, time, y);
    if (track) this.actions.select(track);
    this.actions.seek(time);
  }

  setSelected(track: Track | null): void {
    this.selected = track;
    const row = track && this.groups.find(({ group }) => group.key === track.group);
    if (row && row.toggle && !row.group.open) this.unfold(row, true);
    this.timeline.draw();
  }

  setTime(time: number): void {
    for (const { group, now } of this.groups) {
      const count = this.store.countAt(group.key, time);
      const text = group.key === 'ball' ? (count ? 'visible' : 'not visible') : `${count} now`;
      if (now.textContent !== text) now.textContent = text;
    }
  }
}
