// The open bundle: what the server sent, the corrections on top, and what the user looks at.

import { computed, signal } from '@preact/signals';
import { eventsOf } from '../api/columns';
import type { BundleApi } from '../api/bundles';
import { correctedEvents, eventCache, type ModelEvent, type ReviewEvent } from '../model/events';
import { styledLabels, unlisted } from '../model/labels';
import { measure, type Measured } from '../model/measure';
import { playersOf, teamsOf } from '../model/names';
import { ALL, queueOf, type Filters } from '../model/queue';
import { reviewedSpans } from '../model/trackedits';
import type { BundleData, Session, Version } from '../types';
import { announce } from './announce';
import { Backdrop } from './backdrop';
import { Keepers } from './keepers';
import { People } from './people';
import { Playback } from './playback';
import { Saving } from './saving';
import { Presence } from './window';

export type Tab = 'events' | 'classes' | 'players' | 'keepers' | 'compare';

/** Return a name that a bundle has again after the server was started anew, when its id is another one. */
function nameOf({ title, duration_us, events }: BundleData): string {
  return [title, duration_us, events.id.length, events.id[0] ?? '', events.id.at(-1) ?? ''].join(' ');
}

export class Desk {
  readonly saving: Saving;
  readonly presence: Presence;
  readonly playback: Playback;
  readonly people: People;
  readonly backdrop = new Backdrop();
  readonly keepers = new Keepers();
  readonly model: readonly ModelEvent[];
  readonly filters = signal<Filters>(ALL);
  readonly selectedId = signal<string | null>(null);
  readonly tab = signal<Tab>('events');
  /** The other version laid beside this one, by id. */
  readonly versionId = signal<string | null>(null);
  /** What the next click on the picture does. */
  readonly picking = signal<'point' | 'join' | null>(null);
  /** Start of a span that waits for its class, in microseconds, and its end if that is set. */
  readonly openSpan = signal<{ start: number; end: number | null } | null>(null);
  /** A threshold while its slider is dragged; it becomes a change when the slider is let go. */
  readonly draftThreshold = signal<{ label: string; value: number } | null>(null);
  /** Why a part of the bundle cannot be shown, in words. */
  readonly partsTrouble = signal('');
  /** Remarks on the bundle that the user has not closed. */
  readonly notes;
  /** The field that a key asked to type in. */
  readonly wanted = signal<'note' | 'player' | 'team' | null>(null);
  private readonly cache: Map<string, ReviewEvent>;

  constructor(readonly session: Session, readonly data: BundleData, readonly api: BundleApi) {
    this.model = [...eventsOf(data.events), ...eventsOf(data.candidates)];
    this.cache = eventCache(this.model);
    this.saving = new Saving(api, nameOf(data), data.entries, (why) => this.presence.lost(why));
    this.presence = new Presence(api, data.window, () => this.saving.journal.value.last, () => { void this.saving.refresh().catch(() => undefined); });
    this.playback = new Playback(data.video, data.duration_us);
    this.people = new People(this.corrections, this.teams, (time) => this.playback.clock.value.frameNumber(time));
    this.notes = signal<readonly string[]>(data.notes);
    this.versionId.value = data.versions.find((version) => version.kind === 'truth')?.id ?? null;
  }

  readonly corrections = computed(() => this.saving.corrections.value);
  readonly events = computed(() => correctedEvents(this.model, this.corrections.value, this.cache));
  readonly labelStyles = computed(() => {
    const own = this.corrections.value.labels.get('set')?.labels ?? this.data.labels;
    return [...own, ...unlisted(own, this.events.value.map((event) => event.label))];
  });
  readonly labels = computed(() => styledLabels(this.labelStyles.value));
  readonly byLabel = computed(() => {
    const groups = new Map<string, ReviewEvent[]>(this.labels.value.map((label) => [label.name, []]));
    for (const event of this.events.value) groups.get(event.label)?.push(event);
    return groups;
  });
  readonly queue = computed(() => queueOf(this.events.value, this.filters.value, (label) => this.keptThreshold(label)));
  readonly selected = computed(() => this.events.value.find((event) => event.id === this.selectedId.value) ?? null);
  readonly teams = computed(() => teamsOf(this.data.teams, this.corrections.value));
  readonly players = computed(() => playersOf(this.corrections.value));
  readonly reviewed = computed(() => reviewedSpans(this.corrections.value));
  readonly version = computed<Version | null>(() => this.data.versions.find((one) => one.id === this.versionId.value) ?? null);
  readonly versionEvents = computed<readonly ModelEvent[]>(() => (this.version.value ? eventsOf(this.version.value.events) : []));
  /** Events that count: accepted, or unreviewed at or above the threshold. */
  readonly counted = computed(() => this.events.value.filter((event) => this.counts(event)));

  /** The events that concern each class, because the model or a person named them so. */
  readonly concerned = computed(() => {
    const groups = new Map<string, ReviewEvent[]>(this.labels.value.map((label) => [label.name, []]));
    for (const event of this.events.value) {
      groups.get(event.label)?.push(event);
      if (event.model && event.model.label !== event.label) groups.get(event.model.label)?.push(event);
    }
    return groups;
  });

  /** Return counts, precision and recall of a class at its threshold. */
  measured(label: string): Measured {
    const truth = this.version.value?.kind === 'truth' ? this.versionEvents.value : null;
    const events = this.concerned.value.get(label) ?? [];
    return measure(label, this.threshold(label), { events, truth, reviewedSpans: this.reviewed.value });
  }

  /** Return the threshold of a class, while its slider is dragged that of the slider. */
  threshold(label: string): number {
    const draft = this.draftThreshold.value;
    return draft?.label === label ? draft.value : this.keptThreshold(label);
  }

  keptThreshold(label: string): number {
    return this.corrections.value.threshold.get(label)?.value ?? this.data.thresholds[label] ?? 0;
  }

  counts(event: ReviewEvent): boolean {
    return event.state === 'accepted' || (event.state === 'unreviewed' && event.confidence >= this.threshold(event.label));
  }

  /** Load what comes after the first picture: the times of the frames, tracks, curves and sound. */
  start(): void {
    this.presence.start();
    void this.playback.loadFrames();
    const { parts, curves, video } = this.data;
    if (parts.tracks) this.part('Tracks', this.people.load(parts.tracks));
    if (curves) this.part('Confidence curves', this.backdrop.loadCurves(curves));
    if (parts.keepers) this.part('Keeper moments', this.keepers.load(parts.keepers));
    if (parts.sound) this.part('Sound', this.backdrop.loadSound(parts.sound));
    else if (video.wave) this.part('Sound', this.backdrop.loadWave(video.wave));
  }

  private part(name: string, loading: Promise<void>): void {
    loading.catch((error: unknown) => {
      this.partsTrouble.value = `${name} cannot be shown: ${error instanceof Error ? error.message : String(error)}`;
    });
  }

  get mayWrite(): boolean {
    return this.presence.mayWrite;
  }

  /** Make one command of changes, unless this window only reads. */
  do(changes: Parameters<Saving['do']>[0], said: string): boolean {
    if (!this.mayWrite) {
      announce('Nothing was changed: this window only reads. Press “Take over” above to write here.');
      return false;
    }
    if (!changes.length) return false;
    this.saving.do(changes);
    announce(said);
    return true;
  }

  /** Select an event and show it. */
  choose(event: ReviewEvent, seek = true): void {
    this.selectedId.value = event.id;
    this.openSpan.value = null;
    const { playback } = this;
    if (!seek) return;
    if (playback.loop.value) playback.startLoop(this.loopOf(event)); else playback.seekUs(event.start_us);
  }

  /** Return the part of the video to play for an event: with its lead and lag, at least a second each way. */
  loopOf(event: ReviewEvent): { from: number; to: number; id: string } {
    const style = this.labelStyles.value.find((label) => label.name === event.label);
    const lead = Math.max(1e6, Math.min(3e6, event.lead_us ?? style?.lead_us ?? 0));
    const lag = Math.max(1e6, Math.min(3e6, event.lag_us ?? style?.lag_us ?? 0));
    const end = (event.end_us ?? event.start_us) + lag;
    return { from: Math.max(0, event.start_us - lead) / 1e6, to: Math.min(end, this.data.duration_us) / 1e6, id: event.id };
  }
}
