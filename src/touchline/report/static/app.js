// The page as a whole: connects player, timeline, list and tracks, and handles keys and buttons.

const LEAD_IN_S = 1;

class Report {
  constructor() {
    this.data = readData();
    this.leadIn = document.getElementById('lead-in');
    this.filter = document.getElementById('filter');
    this.shown = [];
    this.chosen = null;   // the event last jumped to
    this.landing = 0;     // where that jump landed
    this.time = 0;
    this.player = new Player(this.data.video, this.data.duration, (time) => this.onTime(time));
    this.timeline = new TimelineView(this.data, {
      seek: (time) => this.seek(time),
      choose: (event) => this.choose(event),
      threshold: (lane, value) => { lane.threshold = value; this.refresh(lane); },
      toggle: (lane) => { lane.on = !lane.on; this.refresh(lane); },
      viewed: () => this.squad?.onView(),
    });
    this.list = new EventList(this.data, (event) => this.choose(event));
    this.fillFilter();
    this.wireButtons();
    document.addEventListener('keydown', (event) => this.onKey(event), true);
    this.wirePrinting();
    this.refresh();
    this.onTime(0);
    if (this.data.sound) this.soundLanes = new SoundLanes(this.data.sound, this.timeline, { seek: (time) => this.seek(time) });
    if (this.data.tracks) this.openTracks();
  }

  /** Unpack the tracks and show them: boxes over the video, lanes, table, heat map. */
  async openTracks() {
    if (!('DecompressionStream' in window)) {
      document.getElementById('old-browser').hidden = false;
      return;
    }
    const store = await TrackStore.open(this.data.tracks);
    const actions = {
      select: (track) => this.select(track),
      seek: (time) => this.seek(time),
      visit: (track) => {
        this.select(track);
        if (this.time < track.start || this.time > track.end) this.seek(track.start);
      },
    };
    this.people = new PeopleView(store, actions);
    this.trackLanes = new TrackLanes(store, this.timeline, actions);
    this.squad = new SquadView(store, actions, () => this.timeline.view);
    this.timeline.draw();
    this.showPeople(this.time);
  }

  /** Highlight one player, or none. */
  select(track) {
    this.people.selected = track;
    this.people.draw();
    this.trackLanes.setSelected(track);
    this.squad.setSelected(track);
  }

  showPeople(time) {
    this.people?.setTime(time);
    this.trackLanes?.setTime(time);
  }

  fillFilter() {
    if (!this.data.lanes.length) document.getElementById('list-empty').textContent = 'Events were not analysed.';
    for (const lane of this.data.lanes) {
      const option = element('option', '', lane.label);
      option.value = String(lane.index);
      this.filter.append(option);
    }
    this.filter.addEventListener('change', () => { this.refresh(); this.filter.blur(); });
  }

  wireButtons() {
    const on = (id, action) => document.getElementById(id).addEventListener('click', action);
    on('play', () => this.player.toggle());
    on('step-back', () => this.step(-1));
    on('step-on', () => this.step(1));
    on('prev-event', () => this.neighbour(-1));
    on('next-event', () => this.neighbour(1));
    on('mute', () => this.mute());
    on('full', () => this.fullScreen());
    on('zoom-in', () => this.zoom(0.5));
    on('zoom-out', () => this.zoom(2));
    on('zoom-fit', () => this.timeline.setView(0, this.data.duration));
    on('help-open', () => this.help());
    const stem = this.data.video.name.replace(/\.[^.]*$/, '') || 'events';
    on('save-csv', () => download(`${stem}.csv`, 'text/csv;charset=utf-8', eventsAsCsv(this.shown)));
    on('save-json', () => download(`${stem}.json`, 'application/json', eventsAsJson(this.data, this.shown)));
  }

  wirePrinting() {
    const root = document.documentElement;
    addEventListener('beforeprint', () => {
      root.classList.add('printing');
      document.getElementById('coverage').open = true;
      this.timeline.drawNow();
    });
    addEventListener('afterprint', () => { root.classList.remove('printing'); this.timeline.draw(); });
  }

  /** Find the events at or above their thresholds, of the visible lanes and the selected class. */
  refresh(changedLane = null) {
    const only = this.filter.value === '' ? null : Number(this.filter.value);
    const { lanes } = this.data;
    this.shown = this.data.events.filter((event) => {
      const lane = lanes[event.lane];
      return lane.on && event.confidence >= lane.threshold && (only === null || event.lane === only);
    });
    document.getElementById('shown-count').textContent = String(this.shown.length);
    this.timeline.shown = this.shown;
    this.timeline.chosen = this.chosen;
    this.timeline.draw(changedLane);
    this.list.current = -1;
    this.list.setEvents(this.shown);
    this.markCurrent();
  }

  onTime(time) {
    this.time = time;
    const fps = this.data.video.fps;
    const frame = fps > 0 ? ` · frame ${Math.round(time * fps)}` : '';
    document.getElementById('clock').textContent = formatClock(time) + frame;
    const { speed, paused } = this.player || { speed: 1, paused: true };
    document.getElementById('speed').textContent = `${speed}×`.replace('-', '−');
    const play = document.getElementById('play');
    play.classList.toggle('playing', !paused);
    play.setAttribute('aria-label', paused ? 'Play' : 'Pause');
    if (!this.timeline) return;
    this.timeline.setTime(time);
    if (!paused) this.timeline.follow(time);
    this.showPeople(time);
    this.markCurrent();
  }

  /** Index of the current event: the one last jumped to until it is over, else the last one that began. */
  currentIndex() {
    const slack = 0.5 * this.player.frame;
    const jumped = this.shown.indexOf(this.chosen);
    if (jumped >= 0 && this.time >= this.landing - slack && this.time <= this.chosen.start + slack) return jumped;
    return lowerBound(this.shown, this.time + slack) - 1;
  }

  markCurrent() {
    if (this.list) this.list.setCurrent(this.currentIndex());
  }

  seek(time) {
    this.chosen = null;
    this.timeline.chosen = null;
    this.timeline.draw();
    this.player.seek(time);
    this.timeline.follow(time);
  }

  step(count) {
    this.player.step(count);
    this.timeline.follow(this.player.now());
  }

  /** Jump to an event, or with lead-in to a second before it and play. */
  choose(event) {
    const lead = this.leadIn.checked;
    this.chosen = event;
    this.landing = Math.max(0, event.start - (lead ? LEAD_IN_S : 0));
    this.timeline.chosen = event;
    if (this.player.reverse) this.player.pause();
    this.player.seek(this.landing);
    this.timeline.follow(event.start);
    this.timeline.draw();
    if (lead && this.player.paused) this.player.play();
    this.markCurrent();
  }

  /** Jump to the next (1) or previous (-1) visible event. */
  neighbour(direction) {
    const slack = 0.5 * this.player.frame;
    const jumped = this.shown.indexOf(this.chosen);
    const fresh = jumped >= 0 && this.time >= this.landing - slack && this.time <= this.chosen.start + slack;
    let index;
    if (fresh) index = jumped + direction;
    else if (direction > 0) index = lowerBound(this.shown, this.time + slack);
    else index = lowerBound(this.shown, this.time - slack) - 1;
    if (index >= 0 && index < this.shown.length) this.choose(this.shown[index]);
  }

  zoom(factor) {
    const { view } = this.timeline;
    const inView = this.time >= view.from && this.time <= view.to;
    this.timeline.zoom(factor, inView ? this.time : (view.from + view.to) / 2);
  }

  mute() {
    const { video } = this.player;
    video.muted = !video.muted;
    const button = document.getElementById('mute');
    button.classList.toggle('muted', video.muted);
    button.setAttribute('aria-label', video.muted ? 'Unmute' : 'Mute');
  }

  fullScreen() {
    const stage = document.querySelector('.stage');
    if (document.fullscreenElement) document.exitFullscreen(); else stage.requestFullscreen?.();
  }

  help() {
    const dialog = document.getElementById('help');
    if (dialog.open) dialog.close(); else dialog.showModal();
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const focus = event.target instanceof Element ? event.target : document.body;
    const { key } = event;
    if (document.getElementById('help').open && key !== '?') return;
    if (focus.matches('select')) return;
    if (focus.matches('input[type=range]') && /^(Arrow|Home|End|Page)/.test(key)) return;
    if (key === ' ' && focus.matches('button:not(.event), input, summary')) return;
    const action = this.keyAction(key, event.shiftKey);
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  /** Return the action of a key, or undefined. */
  keyAction(key, shift) {
    const { player } = this;
    if (/^[1-9]$/.test(key)) {
      const lane = this.data.lanes[Number(key) - 1];
      return lane && (() => this.timeline.actions.toggle(lane));
    }
    const move = (direction) => () => (shift ? this.seek(this.time + direction) : this.step(direction));
    const actions = {
      ' ': () => player.toggle(), j: () => player.backward(), k: () => player.pause(), l: () => player.forward(),
      arrowleft: move(-1), arrowright: move(1),
      arrowup: () => this.neighbour(-1), p: () => this.neighbour(-1),
      arrowdown: () => this.neighbour(1), n: () => this.neighbour(1),
      home: () => this.seek(0), end: () => this.seek(this.data.duration - player.frame),
      b: () => this.people?.toggle('boxes'), i: () => this.people?.toggle('ids'), r: () => this.people?.toggle('radar'),
      m: () => this.mute(), f: () => this.fullScreen(), '?': () => this.help(),
      '+': () => this.zoom(0.5), '=': () => this.zoom(0.5), '-': () => this.zoom(2),
      0: () => this.timeline.setView(0, this.data.duration),
    };
    return actions[key.toLowerCase()];
  }
}

new Report();
