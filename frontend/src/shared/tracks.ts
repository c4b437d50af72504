// Tracks: unpacking them, and finding everyone's position at a time.

import { US_PER_S, bytesFromBase64, clamp } from './format';
import type { Pitch } from './pitch';

/** Indexes of what a track can be of. */
export const [BALL, KEEPER, PLAYER, REFEREE] = [0, 1, 2, 3];

const STATE_OBSERVED = 2;
const NOWHERE = -32768;
const TRACK_COLUMNS = 6;
const EDGE_S = 0.021;   // a track is shown this long before and after its boxes: half a frame

/**
 * A row of the raw data: id, label, team, certainty of the team, name, shot, first sample, samples, start and end in us;
 * then the person, and the certainty of the person, of the role, and that the track is one person throughout.
 */
export type RawTrack = [
  number, number, string | null, number, string | null, number, number, number, number, number,
  (number | null)?, number?, number?, number?,
];

/** Distance in metres, top speed in m/s, sprints, seconds known, and seconds in each band. */
export type RawMovement = [number, number, number, number, number[]];

/** Tracks as `touchline.report.sections.tracks.tracks_data` gives them. */
export interface RawTracks {
  width: number;
  height: number;
  rate_hz: number;
  steps: number;
  step_m: number;
  rows: RawTrack[];
  samples: string;
  /** Time in which each track is in the picture, in us. */
  seen_us: number[];
  shots: Array<[number, number, string, number]>;
  placed: boolean;
  pitch: Pitch;
  colours: Record<string, string>;
  /** Names of the lanes by their keys, in their order. */
  names: Record<string, string>;
  /** Name and lowest speed in m/s of each band, slowest first, and their colours by name. */
  bands: Array<[string, number]>;
  band_colours: Record<string, string>;
  movements: Record<string, RawMovement>;
  actions: { labels: string[]; movements: number; ball: number; spans: Record<string, number[]> };
  notes: string[];
}

export interface Doing {
  label: string;
  pace: number;
  kind: 'movement' | 'ball' | 'action';
  start: number;
  end: number;
  /** Certainty in percent. */
  sure: number;
}

/** What a person does at a moment, in words. */
export type DoingWords = Record<Doing['kind'], string[]>;

export interface Moved {
  distance: number;
  top: number;
  sprints: number;
  known: number;
  bands: number[];
}

export interface Track {
  index: number;
  id: number;
  label: number;
  team: string | null;
  /** Certainty of the team, 0 to 1. */
  sure: number;
  name: string | null;
  /** Number of the person, shared by the tracks believed to show him; null if not known. */
  person: number | null;
  /** Certainty of the person, of the role, and that the track is one person throughout, 0 to 1. */
  personSure: number;
  roleSure: number;
  identity: number;
  shot: number;
  first: number;
  count: number;
  offset: number;
  start: number;
  end: number;
  /** Seconds in which the person is in the picture. */
  seen: number;
  /** Its lane: a team, "referee", "ball", or "other". */
  group: string;
  title: string;
  colour: string;
  actions: Doing[];
  moved: Moved | null;
}

/** A track at a moment: its box in pixels of the picture, and its place on the pitch in metres. */
export interface Sight {
  track: Track;
  x: number;
  y: number;
  width: number;
  height: number;
  observed: boolean;
  place: readonly [number, number] | null;
}

export interface Shot {
  index: number;
  start: number;
  end: number;
  kind: string;
  pitch: number;
}

/** Decompress a raw deflate stream. */
async function inflated(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Return the lane of a track: a team, the officials, the ball, or people of unknown team. */
function groupOf(label: number, team: string | null): string {
  if (label === BALL) return 'ball';
  if (label === REFEREE) return 'referee';
  return team || 'other';
}

/** Return the sums of what several tracks of one person moved; null if nothing is known. */
function together(tracks: readonly Track[]): Moved | null {
  const known = tracks.flatMap(({ moved }) => (moved ? [moved] : []));
  if (!known.length) return null;
  const sum = (value: (moved: Moved) => number): number => known.reduce((total, moved) => total + value(moved), 0);
  return {
    distance: sum((m) => m.distance), top: Math.max(...known.map((m) => m.top)), sprints: sum((m) => m.sprints),
    known: sum((m) => m.known), bands: known[0].bands.map((_, i) => sum((m) => m.bands[i])),
  };
}

/**
 * Return one row for each person: the longest of his tracks with the times and distances of all. Tracks of no known
 * person are left out, unless that holds for all tracks or somebody gave them a name.
 */
export function peopleOf(tracks: readonly Track[]): Track[] {
  const people = tracks.filter((track) => track.label !== BALL);
  if (people.every((track) => track.person === null)) return people;
  const groups = new Map<number, Track[]>();
  for (const track of people) {
    if (track.person !== null) groups.set(track.person, [...(groups.get(track.person) ?? []), track]);
  }
  const rows = [...groups.values()].map((members) => {
    const longest = members.reduce((best, track) => (track.seen > best.seen ? track : best));
    return { ...longest, seen: members.reduce((total, track) => total + track.seen, 0), moved: together(members) };
  });
  return [...rows, ...people.filter((track) => track.person === null && track.name !== null)];
}

/** All tracks of a video. */
export class TrackStore {
  readonly width: number;
  readonly height: number;
  readonly placed: boolean;
  readonly pitch: Pitch;
  readonly colours: Record<string, string>;
  readonly names: Record<string, string>;
  readonly bands: Array<{ name: string; from: number; colour: string }>;
  /** Colours of the movements by pace. */
  readonly paceColours: string[];
  readonly notes: string[];
  readonly shots: Shot[];
  readonly doings: RawTracks['actions'];
  readonly tracks: Track[];
  readonly byId: Map<number, Track>;
  /** The tracks in each second of the video. */
  readonly bySecond: Track[][];
  private readonly rate: number;
  private readonly scale: number;
  private readonly stepM: number;
  private states: Uint8Array = new Uint8Array();
  private columns: Int16Array[] = [];

  static async open(raw: RawTracks): Promise<TrackStore> {
    return new TrackStore(raw, await inflated(bytesFromBase64(raw.samples)));
  }

  private constructor(raw: RawTracks, bytes: Uint8Array) {
    this.width = raw.width;
    this.height = raw.height;
    this.rate = raw.rate_hz;
    this.scale = Math.max(raw.width, raw.height) / raw.steps;
    this.stepM = raw.step_m;
    this.placed = raw.placed;
    this.pitch = raw.pitch;
    this.colours = raw.colours;
    this.names = raw.names;
    this.bands = raw.bands.map(([name, from]) => ({ name, from, colour: raw.band_colours[name] }));
    this.paceColours = raw.actions.labels.slice(0, raw.actions.movements).map((name) => raw.band_colours[name]);
    this.notes = raw.notes;
    this.shots = raw.shots.map(([start, end, kind, pitch], index) => ({
      index, start: start / US_PER_S, end: end / US_PER_S, kind, pitch,
    }));
    this.doings = raw.actions;
    this.tracks = raw.rows.map((row, index) => this.readTrack(row, index, raw.movements));
    raw.seen_us.forEach((us, index) => { this.tracks[index].seen = us / US_PER_S; });
    this.unpack(bytes);
    this.byId = new Map(this.tracks.map((track) => [track.id, track]));
    this.bySecond = this.indexSeconds();
  }

  private readTrack(row: RawTrack, index: number, movements: Record<string, RawMovement>): Track {
    const [id, label, team, sure, name, shot, first, count, start, end, person, personSure, roleSure, identity] = row;
    const group = groupOf(label, team);
    const moved = movements[id];
    return {
      index, id, label, team, sure, name, shot, first, count, offset: 0, group,
      person: person ?? null, personSure: personSure ?? 1, roleSure: roleSure ?? 1, identity: identity ?? 1,
      start: start / US_PER_S, end: end / US_PER_S, seen: 0,
      title: (name || String(id)) + (label === KEEPER ? ' GK' : ''), colour: this.colours[group] || this.colours.other,
      actions: this.readActions(id),
      moved: moved ? { distance: moved[0], top: moved[1], sprints: moved[2], known: moved[3], bands: moved[4] } : null,
    };
  }

  /** Return the actions of a track, ordered by time. */
  private readActions(id: number): Doing[] {
    const { labels, movements, ball, spans } = this.doings;
    const flat = spans[id] || [];
    const found: Doing[] = [];
    for (let i = 0; i < flat.length; i += 4) {
      const kind = flat[i] < movements ? 'movement' : flat[i] === ball ? 'ball' : 'action';
      found.push({ label: labels[flat[i]], pace: flat[i], kind, start: flat[i + 1] / 1e3, end: flat[i + 2] / 1e3, sure: flat[i + 3] });
    }
    return found;
  }

  /** Return the actions of a track at a time, in words. */
  doing(track: Track, time: number): DoingWords {
    const words: DoingWords = { action: [], movement: [], ball: [] };
    for (const one of track.actions) {
      if (time < one.start || time >= one.end) continue;
      words[one.kind].push(one.kind === 'action' ? `${one.label} ${one.sure} %` : one.label.replaceAll('-', ' '));
    }
    return words;
  }

  /** Unpack the samples into one array per column; those of a track begin at its `offset`. */
  private unpack(bytes: Uint8Array): void {
    const total = this.tracks.reduce((sum, track) => sum + track.count, 0);
    this.states = bytes.subarray(0, total);
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
  private indexSeconds(): Track[][] {
    const seconds: Track[][] = [];
    for (const track of this.tracks) {
      const last = Math.floor(track.end + EDGE_S);
      for (let s = Math.max(0, Math.floor(track.start - EDGE_S)); s <= last; s += 1) (seconds[s] ||= []).push(track);
    }
    return seconds;
  }

  /** Return everyone in the picture at a time. */
  at(time: number): Sight[] {
    const found: Sight[] = [];
    for (const track of this.bySecond[Math.floor(time)] || []) {
      const sight = this.sight(track, time);
      if (sight) found.push(sight);
    }
    return found;
  }

  /** Return a track at a time; null if it has no box then. */
  sight(track: Track, time: number): Sight | null {
    if (time < track.start - EDGE_S || time > track.end + EDGE_S) return null;
    const place = clamp(time * this.rate - track.first, 0, track.count - 1);
    const before = track.offset + Math.floor(place);
    const after = track.offset + Math.ceil(place);
    if (!this.states[before] || !this.states[after]) return null;
    const share = place - Math.floor(place);
    const value = (c: number): number => this.columns[c][before] * (1 - share) + this.columns[c][after] * share;
    const width = value(2) * this.scale;
    const height = value(3) * this.scale;
    const known = this.columns[4][before] !== NOWHERE && this.columns[4][after] !== NOWHERE;
    return {
      track, x: value(0) * this.scale - width / 2, y: value(1) * this.scale - height, width, height,
      observed: this.states[before] === STATE_OBSERVED && this.states[after] === STATE_OBSERVED,
      place: known ? [value(4) * this.stepM, value(5) * this.stepM] : null,
    };
  }

  shotAt(time: number): Shot | null {
    return this.shots.find((shot) => time >= shot.start && time < shot.end) || null;
  }

  /** Return the number of tracks of a group at a time. */
  countAt(group: string, time: number): number {
    const there = this.bySecond[Math.floor(time)] || [];
    return there.filter((t) => t.group === group && time >= t.start && time <= t.end).length;
  }

  /** Call `add(x, y, seconds)` for every known place of a track between two times, in metres. */
  eachPlace(track: Track, from: number, to: number, add: (x: number, y: number, seconds: number) => void): void {
    const first = Math.max(0, Math.ceil(from * this.rate) - track.first);
    const last = Math.min(track.count - 1, Math.floor(to * this.rate) - track.first);
    const [xs, ys] = [this.columns[4], this.columns[5]];
    for (let i = track.offset + first; i <= track.offset + last; i += 1) {
      if (xs[i] !== NOWHERE && this.states[i]) add(xs[i] * this.stepM, ys[i] * this.stepM, 1 / this.rate);
    }
  }
}
