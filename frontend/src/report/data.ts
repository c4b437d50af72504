// The data of the page: reading the JSON block, and the files that can be saved from it.

import { PALETTE } from '../shared/colours';
import type { Gap } from '../shared/canvas';
import { byId } from '../shared/dom';
import { US_PER_S, bytesFromBase64, formatClock } from '../shared/format';
import type { Lane, LaneEvent } from '../shared/lanes';
import type { RawTracks } from '../shared/tracks';
import type { RawPlaySpan } from './playlane';
import type { RawSound } from './soundlanes';

/** What is known of an event of play: places in metres from the centre spot, and track numbers. */
export interface EventDetails {
  reason?: string;
  outcome?: string;
  receiver?: number;
  place_m?: [number, number];
  to_m?: [number, number];
  length_m?: number;
}

/** Lane, start and end in us, confidence, team, player, half, visible, source, and for events of play their details. */
type RawEvent = [
  number, number, number | null, number, string | null, string | null, number | null, boolean, string | null, EventDetails?,
];

interface RawData {
  title: string;
  key: string;
  duration_us: number;
  video: VideoFacts;
  curve: { start_us: number; step_us: number };
  lanes: Array<{ label: string; threshold: number; curve: string | null; off?: string }>;
  events: RawEvent[];
  /** Indices of the events that a person accepted or added. */
  accepted: number[];
  truth: RawEvent[] | null;
  tracks: RawTracks | null;
  sound: RawSound | null;
  /** Match time and score of each event, as far as the score board was read; null without a clock. */
  match: Array<string | null> | null;
  gaps: Array<[number, number, string]>;
  doubtful: Array<[number, number, string]>;
  /** When the ball is in play; null if that is not known. */
  play: RawPlaySpan[] | null;
}

export interface VideoFacts {
  name: string;
  src: string;
  mime: string;
  fps: number;
  width: number;
  height: number;
  codec: string;
  convert: string;
  converted: string;
}

export interface ReportEvent extends LaneEvent {
  index: number;
  lane: number;
  label: string;
  startUs: number;
  endUs: number | null;
  team: string | null;
  player: string | null;
  half: number | null;
  visible: boolean;
  source: string | null;
  /** What is known of an event of play; null for others. */
  details: EventDetails | null;
  /** Match time and score, in words. */
  match: string | null;
}

export interface ReportLane extends Lane {
  /** The threshold that the events were found with. */
  usual: number;
  /** Why it is off by default; empty if it is not. */
  off: string;
}

export interface ReportData {
  title: string;
  /** Name of these events in the browser's storage. */
  key: string;
  video: VideoFacts;
  duration: number;
  lanes: ReportLane[];
  events: ReportEvent[];
  truth: ReportEvent[] | null;
  tracks: RawTracks | null;
  sound: RawSound | null;
  gaps: Gap[];
  play: RawPlaySpan[] | null;
  /** Names of teams by their ids. */
  names: Record<string, string>;
}

/** Read the JSON block; times become seconds and curves bytes. */
export function readData(): ReportData {
  const raw = JSON.parse(byId('data').textContent!) as RawData;
  const grid = { start: raw.curve.start_us / US_PER_S, step: raw.curve.step_us / US_PER_S };
  const accepted = new Set(raw.accepted);
  const event = (row: RawEvent, index: number): ReportEvent => readEvent(row, index, raw.lanes[row[0]].label);
  return {
    title: raw.title,
    key: raw.key,
    video: raw.video,
    duration: raw.duration_us / US_PER_S,
    lanes: raw.lanes.map((lane, index) => ({
      label: lane.label, index, threshold: lane.threshold, usual: lane.threshold, off: lane.off ?? '', on: true,
      colours: PALETTE[index % PALETTE.length], curve: lane.curve ? { ...grid, levels: bytesFromBase64(lane.curve) } : null,
    })),
    events: raw.events.map((row, index) => ({ ...event(row, index), accepted: accepted.has(index), match: raw.match?.[index] ?? null })),
    truth: raw.truth ? raw.truth.map(event) : null,
    tracks: raw.tracks,
    sound: raw.sound,
    gaps: [...raw.gaps.map((row) => readGap(row, false)), ...raw.doubtful.map((row) => readGap(row, true))],
    play: raw.play,
    names: raw.tracks?.names ?? {},
  };
}

function readGap([start, end, reason]: [number, number, string], doubtful: boolean): Gap {
  return { start: start / US_PER_S, end: end / US_PER_S, reason, doubtful };
}

function readEvent([lane, start, end, confidence, team, player, half, visible, source, details]: RawEvent, index: number, label: string): ReportEvent {
  return {
    index, lane, label, startUs: start, endUs: end, start: start / US_PER_S,
    end: end === null ? null : end / US_PER_S, confidence, team, player, half, visible, source, accepted: false,
    details: details ?? null, match: null,
  };
}

/** Format a CSV cell; text that a spreadsheet would run as a formula is prefixed with a quote. */
function csvCell(value: string | number | boolean | null): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const DETAILS = ['receiver', 'outcome', 'place_m', 'to_m', 'length_m', 'reason'] as const;

function detailCell(value: EventDetails[keyof EventDetails]): string | number | null {
  return Array.isArray(value) ? value.join(' ') : value ?? null;
}

export function eventsAsCsv(events: readonly ReportEvent[]): string {
  const head = ['time_s', 'clock', 'end_s', 'label', 'confidence', 'team', 'player', 'half', 'visible', 'source', ...DETAILS];
  const rows = events.map((e) => [
    e.start, formatClock(e.start), e.end, e.label, e.confidence, e.team, e.player, e.half, e.visible, e.source,
    ...DETAILS.map((name) => detailCell(e.details?.[name])),
  ]);
  return [head, ...rows].map((row) => row.map(csvCell).join(',')).join('\r\n') + '\r\n';
}

export function eventsAsJson(data: ReportData, events: readonly ReportEvent[]): string {
  const thresholds = Object.fromEntries(data.lanes.map((lane) => [lane.label, lane.threshold]));
  const rows = events.map((e) => ({
    label: e.label, start_us: e.startUs, end_us: e.endUs, confidence: e.confidence, team: e.team,
    player: e.player, half: e.half, visible: e.visible, source: e.source, ...e.details,
  }));
  return JSON.stringify({ version: 1, video: data.video.name, thresholds, events: rows }, null, 1) + '\n';
}

/** Save a text as a file through the browser. */
export function download(name: string, type: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
