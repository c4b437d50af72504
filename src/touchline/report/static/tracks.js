// Tracks: unpacking them, and finding everyone's position at a time.

const TRACK_LABELS = ['ball', 'goalkeeper', 'player', 'referee'];
const [BALL, KEEPER, , REFEREE] = TRACK_LABELS.keys();
const STATE_OBSERVED = 2;
const NOWHERE = -32768;
const TRACK_COLUMNS = 6;
const EDGE_S = 0.021;   // a track is shown this long before and after its boxes: half a frame

/** Decompress a raw deflate stream. */
async function inflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Return the lane of a track: a team, the officials, the ball, or people of unknown team. */
function groupOf(label, team) {
  if (label === BALL) return 'ball';
  if (label === REFEREE) return 'referee';
  return team || 'other';
}

/** All tracks of a video. */
class TrackStore {
  static async open(raw) {
    return new TrackStore(raw, await inflated(bytesFromBase64(raw.samples)));
  }

  constructor(raw, bytes) {
    this.width = raw.width;
    this.height = raw.height;
    this.rate = raw.rate_hz;
    this.scale = Math.max(raw.width, raw.height) / raw.steps;
    this.stepM = raw.step_m;
    this.placed = raw.placed;
    this.pitch = raw.pitch;
    this.colours = raw.colours;
    this.bands = raw.bands.map(([name, from]) => ({ name, from }));
    this.notes = raw.notes;
    this.shots = raw.shots.map(([start, end, kind, pitch], index) => ({
      index, start: start / US, end: end / US, kind, pitch,
    }));
    this.doings = raw.actions;
    this.tracks = raw.rows.map((row, index) => this.readTrack(row, index, raw.movements));
    this.unpack(bytes);
    this.byId = new Map(this.tracks.map((track) => [track.id, track]));
    this.bySecond = this.indexSeconds();
  }

  readTrack([id, label, team, sure, name, shot, first, count, start, end], index, movements) {
    const group = groupOf(label, team);
    const moved = movements[id];
    return {
      index, id, label, team, sure, name, shot, first, count, start: start / US, end: end / US, group,
      title: (name || String(id)) + (label === KEEPER ? ' GK' : ''), colour: this.colours[group] || this.colours.other,
      actions: this.readActions(id),
      moved: moved && { distance: moved[0], top: moved[1], sprints: moved[2], known: moved[3], bands: moved[4] },
    };
  }

  /** Return the actions of a track, ordered by time. */
  readActions(id) {
    const { labels, movements, ball, spans } = this.doings;
    const flat = spans[id] || [];
    const found = [];
    for (let i = 0; i < flat.length; i += 4) {
      const kind = flat[i] < movements ? 'movement' : flat[i] === ball ? 'ball' : 'action';
      found.push({ label: labels[flat[i]], pace: flat[i], kind, start: flat[i + 1] / 1e3, end: flat[i + 2] / 1e3, sure: flat[i + 3] });
    }
    return found;
  }

  /** Return the actions of a track at a time, in words. */
  doing(track, time) {
    const now = track.actions.filter((a) => time >= a.start && time < a.end);
    const words = { action: [], movement: [], ball: [] };
    for (const a of now) words[a.kind].push(a.kind === 'action' ? `${a.label} ${a.sure} %` : a.label.replaceAll('-', ' '));
    return words;
  }

  /** Unpack the samples into one array per column; those of a track begin at its `offset`. */
  unpack(bytes) {
    const total = this.tracks.reduce((sum, track) => sum + track.count, 0);
    this.states = bytes.subarray(0, total);
    this.columns = [];
    for (let c = 0; c < TRACK_COLUMNS; c += 1) {
      const low = total * (1 + 2 * c);
      const values = new Int16Array(total);
      let at = 0;
      for (const track of this.tracks) {
        track.offset = at;
        let value = 0;
        for (const end = at + track.count; at < end; at += 1) {
          value += bytes[low + at] | (bytes[low + total + at] << 8);
          values[at] = value;
        }
      }
      this.columns.push(values);
    }
  }

  /** Index the tracks by the seconds of the video. */
  indexSeconds() {
    const seconds = [];
    for (const track of this.tracks) {
      const last = Math.floor(track.end + EDGE_S);
      for (let s = Math.max(0, Math.floor(track.start - EDGE_S)); s <= last; s += 1) (seconds[s] ||= []).push(track);
    }
    return seconds;
  }

  /** Return everyone in the picture at a time. */
  at(time) {
    const found = [];
    for (const track of this.bySecond[Math.floor(time)] || []) {
      const sight = this.sight(track, time);
      if (sight) found.push(sight);
    }
    return found;
  }

  /** Return a track at a time: box in pixels, position in metres or null; null if it has no box then. */
  sight(track, time) {
    if (time < track.start - EDGE_S || time > track.end + EDGE_S) return null;
    const place = clamp(time * this.rate - track.first, 0, track.count - 1);
    const before = track.offset + Math.floor(place);
    const after = track.offset + Math.ceil(place);
    if (!this.states[before] || !this.states[after]) return null;
    const share = place - Math.floor(place);
    const value = (c) => this.columns[c][before] * (1 - share) + this.columns[c][after] * share;
    const width = value(2) * this.scale;
    const height = value(3) * this.scale;
    const x = value(0) * this.scale;
    const y = value(1) * this.scale;
    const known = this.columns[4][before] !== NOWHERE && this.columns[4][after] !== NOWHERE;
    return {
      track, x: x - width / 2, y: y - height, width, height,
      observed: this.states[before] === STATE_OBSERVED && this.states[after] === STATE_OBSERVED,
      place: known ? [value(4) * this.stepM, value(5) * this.stepM] : null,
    };
  }

  shotAt(time) {
    return this.shots.find((shot) => time >= shot.start && time < shot.end) || null;
  }

  /** Add the seconds spent on each cell of the pitch to a grid, for samples between two times. */
  addTo(grid, track, from, to) {
    const first = Math.max(0, Math.ceil(from * this.rate) - track.first);
    const last = Math.min(track.count - 1, Math.floor(to * this.rate) - track.first);
    const [xs, ys] = [this.columns[4], this.columns[5]];
    for (let i = track.offset + first; i <= track.offset + last; i += 1) {
      if (xs[i] !== NOWHERE && this.states[i]) grid.add(xs[i] * this.stepM, ys[i] * this.stepM, 1 / this.rate);
    }
  }
}
