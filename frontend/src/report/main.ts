// The page as a whole: connects player, timeline, list and tracks, and handles keys and buttons.

import { byId, element } from '../shared/dom';
import { lowerBound } from '../shared/format';
import { counts } from '../shared/lanes';
import { isShortcut, keptByFocus } from '../shared/keys';
import type { Player } from '../shared/player';
import { TrackStore, type RawTracks, type Track } from '../shared/tracks';
import { AboutEvent } from './about';
import { download, eventsAsCsv, eventsAsJson, readData, type ReportEvent, type ReportLane } from './data';
import { EventList } from './list';
import { PeopleView } from './people';
import { addPlayLane } from './playlane';
import { SoundLanes } from './soundlanes';
import { SquadView } from './squad';
import { Thresholds } from './thresholds';
import { TimelineView } from './timeline';
import { TrackLanes } from './tracklanes';
import { openVideo, showClock } from './video';

const LEAD_IN_S = 1;

class Report {
  private readonly data = readData();
  private readonly leadIn = byId<HTMLInputElement>('lead-in');
  private readonly filter = byId<HTMLSelectElement>('filter');
  private readonly player: Player;
  private readonly timeline: TimelineView;
  private readonly list: EventList;
  private readonly about: AboutEvent;
  private people: PeopleView | null = null;
  private trackLanes: TrackLanes | null = null;
  private squad: SquadView | null = null;
  private shown: ReportEvent[] = [];
  private chosen: ReportEvent | null = null;   // the event last jumped to
  private landing = 0;                         // where that jump landed
  private time = 0;

  constructor() {
    const thresholds = new Thresholds(this.data, (lane) => this.refresh(lane));
    this.timeline = new TimelineView(this.data, {
      seek: (time) => this.seek(time),
      choose: (event) => this.choose(event),
      threshold: (lane, value) => thresholds.set(lane, value),
      reset: (lane) => thresholds.reset(lane),
      toggle: (lane) => this.toggle(lane),
      viewed: () => this.squad?.onView(),
    });
    this.list = new EventList(this.data.lanes, this.data.names, (event) => this.choose(event));
    this.about = new AboutEvent({ names: this.data.names, pitch: this.data.tracks?.pitch ?? null });
    this.player = openVideo(this.data, (time) => this.onTime(time));
    this.fillFilter();
    this.wireButtons();
    document.addEventListener('keydown', (event) => this.onKey(event), true);
    this.wirePrinting();
    this.refresh();
    this.onTime(0);
    if (this.data.play) addPlayLane(this.data.play, this.timeline);
    if (this.data.sound) new SoundLanes(this.data.sound, this.timeline, (time) => this.seek(time));
    if (this.data.tracks) void this.openTracks(this.data.tracks);
  }

  /** Unpack the tracks and show them: boxes over the video, lanes, table, heat map. */
  private async openTracks(raw: RawTracks): Promise<void> {
    if (!('DecompressionStream' in window)) {
      byId('old-browser').hidden = false;
      return;
    }
    const store = await TrackStore.open(raw);
    const actions = {
      select: (track: Track | null) => this.select(track),
      seek: (time: number) => this.seek(time),
      visit: (track: Track) => {
        this.select(track);
        if (this.time < track.start || this.time > track.end) this.seek(track.start);
      },
    };
    this.people = new PeopleView(store, actions.select);
    this.trackLanes = new TrackLanes(store, this.timeline, actions);
    this.squad = new SquadView(store, actions, () => this.timeline.view);
    this.timeline.draw();
    this.showPeople(this.time);
  }

  /** Highlight one player, or none. */
  private select(track: Track | null): void {
    if (this.people) {
      this.people.selected = track;
      this.people.draw();
    }
    this.trackLanes?.setSelected(track);
    this.squad?.setSelected(track);
  }

  private showPeople(time: number): void {
    this.people?.setTime(time);
    this.trackLanes?.setTime(time);
  }

  private fillFilter(): void {
    if (!this.data.lanes.length) byId('list-empty').textContent = 'Events were not analysed.';
    for (const lane of this.data.lanes) {
      const option = element('option', '', lane.label);
      option.value = String(lane.index);
      this.filter.append(option);
    }
    this.filter.addEventListener('change', () => {
      this.refresh();
      this.filter.blur();
    });
  }

  private wireButtons(): void {
    const on = (id: string, action: () => void): void => byId(id).addEventListener('click', action);
    const { player, timeline } = this;
    on('play', () => player.toggle());
    on('step-back', () => this.step(-1));
    on('step-on', () => this.step(1));
    on('prev-event', () => this.neighbour(-1));
    on('next-event', () => this.neighbour(1));
    on('mute', () => this.mute());
    on('full', () => fullScreen());
    on('zoom-in', () => timeline.view.zoomAt(0.5, this.time));
    on('zoom-out', () => timeline.view.zoomAt(2, this.time));
    on('zoom-fit', () => timeline.view.fit());
    on('help-open', () => toggleHelp());
    const stem = this.data.video.name.replace(/\.[^.]*$/, '') || 'events';
    on('save-csv', () => download(`${stem}.csv`, 'text/csv;charset=utf-8', eventsAsCsv(this.shown)));
    on('save-json', () => download(`${stem}.json`, 'application/json', eventsAsJson(this.data, this.shown)));
  }

  private wirePrinting(): void {
    const root = document.documentElement;
    addEventListener('beforeprint', () => {
      root.classList.add('printing');
      byId<HTMLDetailsElement>('coverage').open = true;
      this.timeline.drawNow();
    });
    addEventListener('afterprint', () => {
      root.classList.remove('printing');
      this.timeline.draw();
    });
  }

  private toggle(lane: ReportLane): void {
    lane.on = !lane.on;
    this.refresh(lane);
  }

  /** Find the events at or above their thresholds, of the visible lanes and the selected class. */
  private refresh(changed: ReportLane | null = null): void {
    const only = this.filter.value === '' ? null : Number(this.filter.value);
    const { lanes } = this.data;
    this.shown = this.data.events.filter((event) => {
      const lane = lanes[event.lane];
      return lane.on && counts(event, lane.threshold) && (only === null || event.lane === only);
    });
    byId('shown-count').textContent = String(this.shown.length);
    this.timeline.shown = this.shown;
    this.timeline.chosen = this.chosen;
    this.timeline.draw(changed);
    this.list.setEvents(this.shown);
    this.markCurrent();
  }

  private onTime(time: number): void {
    this.time = time;
    showClock(this.player, time);
    this.timeline.setTime(time);
    if (!this.player.paused) this.timeline.follow(time);
    this.showPeople(time);
    this.markCurrent();
  }

  /** Return whether the video is still between the landing of the last jump and its event. */
  private get jumpHolds(): boolean {
    const { slack } = this.player;
    return this.chosen !== null && this.shown.includes(this.chosen)
      && this.time >= this.landing - slack && this.time <= this.chosen.start + slack;
  }

  /** Return the index of the current event: the one last jumped to until it is over, else the last one that began. */
  private currentIndex(): number {
    if (this.jumpHolds) return this.shown.indexOf(this.chosen!);
    return lowerBound(this.shown, this.time + this.player.slack) - 1;
  }

  private markCurrent(): void {
    const index = this.currentIndex();
    this.list.setCurrent(index);
    this.about.show(this.shown[index] ?? null);
  }

  private seek(time: number): void {
    this.chosen = null;
    this.timeline.chosen = null;
    this.timeline.draw();
    this.player.seek(time);
    this.timeline.follow(time);
  }

  private step(count: number): void {
    this.player.step(count);
    this.timeline.follow(this.player.now());
  }

  /** Jump to an event, or with lead-in to a second before it and play. */
  private choose(event: ReportEvent): void {
    const lead = this.leadIn.checked;
    this.chosen = event;
    this.landing = Math.max(0, event.start - (lead ? LEAD_IN_S : 0));
    this.timeline.chosen = event;
    if (this.player.backwards) this.player.pause();
    this.player.seek(this.landing);
    this.timeline.follow(event.start);
    this.timeline.draw();
    if (lead && this.player.paused) this.player.play();
    this.markCurrent();
  }

  /** Jump to the next (1) or previous (-1) visible event. */
  private neighbour(direction: 1 | -1): void {
    const { slack } = this.player;
    let index: number;
    if (this.jumpHolds) index = this.shown.indexOf(this.chosen!) + direction;
    else if (direction > 0) index = lowerBound(this.shown, this.time + slack);
    else index = lowerBound(this.shown, this.time - slack) - 1;
    if (index >= 0 && index < this.shown.length) this.choose(this.shown[index]);
  }

  private mute(): void {
    const { video } = this.player;
    video.muted = !video.muted;
    const button = byId('mute');
    button.classList.toggle('muted', video.muted);
    button.setAttribute('aria-label', video.muted ? 'Unmute' : 'Mute');
  }

  private onKey(event: KeyboardEvent): void {
    if (isShortcut(event)) return;
    if (byId<HTMLDialogElement>('help').open && event.key !== '?') return;
    if (keptByFocus(event)) return;
    const action = this.keyAction(event.key, event.shiftKey);
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  /** Return the action of a key, or undefined. */
  private keyAction(key: string, shift: boolean): (() => void) | undefined {
    const { player, timeline } = this;
    if (/^[1-9]$/.test(key)) {
      const lane = this.data.lanes[Number(key) - 1];
      return lane && (() => this.toggle(lane));
    }
    const move = (direction: 1 | -1) => () => (shift ? this.seek(this.time + direction) : this.step(direction));
    const actions: Record<string, () => void> = {
      ' ': () => player.toggle(), j: () => player.backward(), k: () => player.pause(), l: () => player.forward(),
      arrowleft: move(-1), arrowright: move(1),
      arrowup: () => this.neighbour(-1), p: () => this.neighbour(-1),
      arrowdown: () => this.neighbour(1), n: () => this.neighbour(1),
      home: () => this.seek(0), end: () => this.seek(this.data.duration - 2 * player.slack),
      b: () => this.people?.toggle('boxes'), i: () => this.people?.toggle('ids'), r: () => this.people?.toggle('radar'),
      m: () => this.mute(), f: () => fullScreen(), '?': () => toggleHelp(),
      '+': () => timeline.view.zoomAt(0.5, this.time), '=': () => timeline.view.zoomAt(0.5, this.time),
      '-': () => timeline.view.zoomAt(2, this.time), 0: () => timeline.view.fit(),
    };
    return actions[key.toLowerCase()];
  }
}

function fullScreen(): void {
  if (document.fullscreenElement) void document.exitFullscreen();
  else void document.querySelector<HTMLElement>('.stage')?.requestFullscreen?.();
}

function toggleHelp(): void {
  const dialog = byId<HTMLDialogElement>('help');
  if (dialog.open) dialog.close(); else dialog.showModal();
}

new Report();
