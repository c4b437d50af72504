// Tracks with the corrections on top: who is where at a time, under which name and colours.

import { computed, signal, type ReadonlySignal } from '@preact/signals';
import { clamp, formatClock } from '../../shared/format';
import { BALL, KEEPER, REFEREE, TrackStore, type RawTracks, type Sight, type Track } from '../../shared/tracks';
import { get } from '../api/client';
import type { Corrections } from '../model/corrections';
import { fragmentAt, fragmentsOf, identity, joinedTo, personOf, startOf, trackOf } from '../model/identity';
import { playerName, playersOf, type Team } from '../model/names';

const ROLES = ['ball', 'goalkeeper', 'player', 'referee'];
const UNKNOWN_COLOUR = '#8b97a5';

/** A sight with the ids of the fragment it belongs to, and of the person who stands for that. */
export interface Person extends Sight { fragment: string; person: string }

/** Return the name of a fragment that nobody has named: "10", or "10/0:12" for the part of track 10 from 0:12 on. */
export function fragmentName(fragment: string): string {
  const start = startOf(fragment);
  return start ? `${trackOf(fragment)}/${formatClock(start / 1e6, start % 1e6 ? 1 : 0)}` : trackOf(fragment);
}

/** A part of a track between two splits, in seconds. */
export interface Part { track: Track; fragment: string; start: number; end: number }

export class People {
  readonly store = signal<TrackStore | null>(null);
  /** The fragment that was last selected; its person is highlighted. */
  readonly selected = signal<string | null>(null);
  readonly selectedPerson = computed(() => (this.selected.value === null ? null : personOf(this.corrections.value, this.selected.value)));
  private faces = new Map<string, Track>();
  private facesOf: readonly unknown[] = [];

  constructor(
    private readonly corrections: ReadonlySignal<Corrections>,
    private readonly teams: ReadonlySignal<readonly Team[]>,
    private readonly frameAt: (time: number) => number | null,
  ) {}

  async load(address: string): Promise<void> {
    const raw = await get<RawTracks | { tracks: RawTracks }>(address);
    this.store.value = await TrackStore.open('rows' in raw ? raw : raw.tracks);
  }

  /** Return everyone in the picture at a time in seconds. */
  at(time: number): Person[] {
    const store = this.store.value;
    if (!store) return [];
    const frame = this.frameAt(time);
    return store.at(time).map((sight) => this.corrected(sight, time, frame)).filter((person) => person !== null);
  }

  /** Return the sight of the selected person at a time, if it is in the picture. */
  selectedAt(time: number): Person | null {
    const wanted = this.selectedPerson.value;
    return wanted === null ? null : this.at(time).find((person) => person.person === wanted) ?? null;
  }

  /** Return how a fragment of a track is shown: its title, team and colour after the corrections. */
  face(track: Track, fragment: string): Track {
    this.forgetOld();
    const known = this.faces.get(fragment);
    if (known) return known;
    const made = this.newFace(track, fragment);
    this.faces.set(fragment, made);
    return made;
  }

  /** Return what a track is called at a time after the corrections; null if there is no such track. */
  titleAt(id: number, us: number): string | null {
    const track = this.store.value?.byId.get(id);
    return track ? this.face(track, fragmentAt(this.corrections.value, String(id), us)).title : null;
  }

  /** Return the parts of tracks that a person consists of, in seconds. */
  partsOf(person: string): Part[] {
    const store = this.store.value;
    if (!store) return [];
    const corrections = this.corrections.value;
    const ids = new Set([person, ...joinedTo(corrections, person)].map(trackOf));
    return [...ids].flatMap((id) => this.partsOfTrack(store.byId.get(Number(id)), corrections)).filter((part) => personOf(corrections, part.fragment) === person);
  }

  private partsOfTrack(track: Track | undefined, corrections: Corrections): Part[] {
    if (!track) return [];
    const fragments = fragmentsOf(corrections, String(track.id));
    return fragments.map((fragment, i) => ({
      track, fragment, start: Math.max(track.start, startOf(fragment) / 1e6),
      end: i + 1 < fragments.length ? Math.min(track.end, startOf(fragments[i + 1]) / 1e6) : track.end,
    })).filter((part) => part.end > part.start);
  }

  private corrected(sight: Sight, time: number, frame: number | null): Person | null {
    const corrections = this.corrections.value;
    const fragment = fragmentAt(corrections, String(sight.track.id), Math.round(time * 1e6));
    const person = { ...sight, track: this.face(sight.track, fragment), fragment, person: personOf(corrections, fragment) };
    const box = frame === null ? undefined : corrections.box.get(`${sight.track.id}:${frame}`);
    if (!box) return person;
    if (!box.box_xyxy) return null;
    const [x, y, right, bottom] = box.box_xyxy;
    return { ...person, x, y, width: right - x, height: bottom - y, observed: true, place: null };
  }

  private forgetOld(): void {
    const { track, player, cut } = this.corrections.value;
    const now = [track, player, cut, this.teams.value];
    if (now.every((one, i) => one === this.facesOf[i])) return;
    this.facesOf = now;
    this.faces = new Map();
  }

  private newFace(track: Track, fragment: string): Track {
    const corrections = this.corrections.value;
    const who = identity(corrections, fragment);
    const label = who.role === null ? track.label : clamp(ROLES.indexOf(who.role), 0, ROLES.length - 1);
    const team = who.team ?? track.team;
    const name = who.player === null ? track.name : playerName(playersOf(corrections), who.player);
    const group = label === BALL ? 'ball' : label === REFEREE ? 'referee' : team || 'other';
    const title = (name || fragmentName(personOf(corrections, fragment)))
      + (label === KEEPER ? ' GK' : '');
    return { ...track, label, team: team || null, name, group, title, colour: this.colour(group) };
  }

  private colour(group: string): string {
    const store = this.store.value;
    return this.teams.value.find((team) => team.id === group)?.colour ?? store?.colours[group] ?? store?.colours.other ?? UNKNOWN_COLOUR;
  }
}
