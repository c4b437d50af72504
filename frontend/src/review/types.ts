// Made by frontend/make_types.py from touchline/review/schema.py; do not edit.

/** Largest number on a shirt; the smallest is 0. */
export const MAX_SHIRT_NUMBER = 99;

/** A change of one box. */
export interface BoxChange {
  what: "box";
  id: string;
  before: BoxValue | null;
  after: BoxValue | null;
}

/** A corrected box. */
export interface BoxValue {
  /** Left, top, right and bottom in pixels; null: there is nobody. */
  box_xyxy: [number, number, number, number] | null;
}

/** ``GET /api/bundles/{id}?window=W``: everything the page needs to open a bundle, but for large parts. */
export interface BundleData {
  id: string;
  title: string;
  analysed: boolean;
  video: VideoData;
  /** Length of the time axis: the video, or further if events lie beyond its end. */
  duration_us: number;
  /** To start from; a ``labels`` change in the journal replaces them. */
  labels: LabelInfo[];
  /** By label, that the model's events were found with; a label that is absent has 0. */
  thresholds: Record<string, number>;
  /** The model's events, never altered. */
  events: EventColumns;
  /** Peaks of the model's curves below its thresholds. */
  candidates: EventColumns;
  /** The whole journal. */
  entries: Entry[];
  /** Whether this window may write. */
  window: WindowAnswer;
  teams: TeamInfo[];
  shots: CameraShot[];
  /** Null if no model has seen the video. */
  coverage: CoverageData | null;
  curves: CurvesInfo | null;
  parts: Parts;
  /** Other versions to show beside this one. */
  versions: Version[];
  /** Remarks for the user: a video that has changed, files that do not match their checksum. */
  notes: string[];
}

/** A bundle, or a video without one, that can be opened. */
export interface BundleRef {
  /** Opaque; in every address of this bundle. */
  id: string;
  /** File name of the video. */
  title: string;
  /** Whether a model's results exist; without them it starts as an empty timeline. */
  analysed: boolean;
  /** Whether a person has corrected anything. */
  reviewed: boolean;
}

/** An uncut run of pictures, half-open. */
export interface CameraShot {
  start_us: number;
  end_us: number;
  kind: "wide" | "close-up" | "replay" | "other" | "transition";
}

export type Change = EventChange | ReviewedChange | ThresholdChange | TeamChange | PlayerChange | CutChange | TrackChange | BoxChange | LabelsChange;

/** ``POST /api/bundles/{id}/clips``: cut clips of the corrected events; answers a :class:`Job`. */
export interface ClipsPost {
  /** Of these labels only; empty for all. */
  labels?: string[];
  /** Of these players (ids) only. */
  players?: string[];
  /** Of these teams (ids) only. */
  teams?: string[];
  min_confidence?: number;
  /** Only events that a person accepted. */
  reviewed?: boolean;
  /** Time before each event; null: as its label says. */
  lead_us?: number | null;
  /** Time after each event; null: as its label says. */
  lag_us?: number | null;
  /** A folder for each player who has a name or number, with what the player does; not with ``players``. */
  each_player?: boolean;
  /** One clip of clips that overlap or touch; otherwise one for each event. */
  merge?: boolean;
  /** A file for each clip; otherwise only the reel. */
  clips?: boolean;
  /** Also all clips joined into one video. */
  reel?: boolean;
  /** With label, time, player, team and confidence written into the picture. */
  titles?: boolean;
  /** With the same on a card of one second before each clip of the reel. */
  cards?: boolean;
  /** Copied from the key frame before, without encoding again; clips have no titles then. */
  fast?: boolean;
}

/** What was analysed of the video. */
export interface CoverageData {
  duration_us: number;
  lost_us: number;
  gaps: GapData[];
  repairs: string[];
}

/** The confidence curves: uint8, label by label (labels x samples), 254 is 1 and 255 is no score. */
export interface CurvesInfo {
  src: string;
  labels: string[];
  samples: number;
  /** Time of the first sample. */
  start_us: number;
  /** From one sample to the next. */
  step_us: number;
}

/** A cut of a track, or its removal. */
export interface CutChange {
  what: "cut";
  /** The track, ``@``, and the time of the cut; also the id of the fragment from then to the next cut. */
  id: string;
  before: CutValue | null;
  after: CutValue | null;
}

/** That a track is cut where the id says: an empty object. */
export interface CutValue {
}

/** ``POST /api/bundles/{id}/entries``: a command. */
export interface DoPost {
  window: string;
  /** The number that the entry must get: that of the last one plus 1. */
  n: number;
  do: Change[];
}

/** ``GET /api/bundles/{id}/entries?after=N``: the entries after number N, for a window that only reads. */
export interface EntriesAnswer {
  entries: Entry[];
}

/** One line of the journal: exactly one of ``do``, ``undo`` and ``redo`` is present. */
export interface Entry {
  /** Number of the entry, from 1. */
  n: number;
  /** When, in ISO 8601 with milliseconds, UTC. */
  at: string;
  who: string;
  do?: Change[] | null;
  /** Number of the command that is taken back. */
  undo?: number | null;
  /** Number of the command that is done again. */
  redo?: number | null;
}

/** The entry is on the disk. */
export interface EntryAnswer {
  n: number;
  at: string;
  who: string;
}

export type EntryPost = DoPost | UndoPost | RedoPost;

/** The body of every answer of 400 and above. */
export interface ErrorAnswer {
  /** In words for the user. */
  error: string;
  code: "bad_request" | "forbidden" | "not_found" | "method" | "stale" | "too_large" | "invalid" | "read_only" | "failed";
  /** With ``stale``: the number of the last entry. */
  n?: number | null;
}

/** A change of an event. */
export interface EventChange {
  what: "event";
  id: string;
  before: EventValue | null;
  after: EventValue | null;
}

/** Events as columns of one length, in order of half and time. */
export interface EventColumns {
  /** The labels that ``label`` points into. */
  labels: string[];
  id: string[];
  label: number[];
  start_us: number[];
  end_us: (number | null)[];
  confidence: number[];
  /** Id of a team. */
  team: (string | null)[];
  player: (string | null)[];
  half: number[];
  /** The indices of events that the picture does not show; the others are visible. */
  hidden: number[];
  /** The origins that ``source`` points into: names of models, ``truth``. */
  sources: string[];
  source: (number | null)[];
}

/** What a person decided about an event: always the whole event. */
export interface EventValue {
  label: string;
  start_us: number;
  /** After ``start_us``; null for a point in time. */
  end_us: number | null;
  /** Id of a team; its name is in the team's own value. */
  team: string | null;
  /** Id of a player, or a name that the model's file holds. */
  player: string | null;
  visible: boolean;
  half: number;
  /** An event without a value is unreviewed. */
  state: "accepted" | "rejected";
  /** As the model had it; 1 for an event that a person made. */
  confidence: number;
  note: string;
  /** The place on the picture, in pixels. */
  point_px: [number, number] | null;
  /** The same place on the pitch, in metres. */
  point_m: [number, number] | null;
  /** Time to show before this event in clips and exports; null: as its label says. */
  lead_us?: number | null;
  /** Time to show after this event; null: as its label says. */
  lag_us?: number | null;
}

/** An exported file. */
export interface ExportAnswer {
  name: string;
  url: string;
  /** What the format could not hold. */
  notes: string[];
}

/** A format that ``POST /api/bundles/{id}/export`` writes. */
export interface ExportFormat {
  name: string;
  title: string;
}

/** ``POST /api/bundles/{id}/export``: the corrected events in a format of other tools. */
export interface ExportPost {
  /** Name of an :class:`ExportFormat`. */
  to: string;
  /** Only events that a person accepted; otherwise also unreviewed ones at or above the thresholds. */
  reviewed?: boolean;
}

/** A file that can be downloaded. */
export interface FileLink {
  name: string;
  url: string;
  bytes: number;
  /** Of several folders, the one that it lies in. */
  folder?: string;
}

/** A part of the video that could not be analysed. */
export interface GapData {
  start_us: number;
  end_us: number;
  reason: string;
}

/** ``GET /api/jobs/{id}``: work in the background. */
export interface Job {
  id: string;
  kind: "proxy" | "frames" | "wave" | "clips";
  state: "queued" | "running" | "done" | "failed" | "cancelled";
  progress: number;
  /** What is being done or went wrong, in words for the user. */
  text: string;
  notes: string[];
  files: FileLink[];
}

/** A shot at a keeper, and what the keeper's page says about it. */
export interface KeeperMoment {
  time_us: number;
  /** Of the event. */
  label: string;
  /** The keeper's track; null if no keeper was tracked. */
  track_id: number | null;
  /** Name as on the page. */
  keeper: string | null;
  /** Of the shot; null if unknown. */
  outcome: string | null;
  /** That the pictures show; null if it cannot be told. */
  technique: string | null;
  /** Of the technique. */
  confidence: number | null;
  /** Chance of a save if the shot is on target; null if its origin is unknown. */
  p_save: number | null;
  /** Its 95 % interval. */
  p_range: [number, number] | null;
  /** Why there is no technique; empty if there is one. */
  note: string;
  /** Address of the moment on the keeper's page. */
  page: string;
}

/** ``GET /api/bundles/{id}/keepers``: the keeper moments in order of time. */
export interface KeepersAnswer {
  moments: KeeperMoment[];
  /** Address of the page that lists the keepers. */
  pages: string;
}

/** A label as the review tool offers it. */
export interface LabelInfo {
  name: string;
  /** Null: one of the tool's own. */
  colour: string | null;
  /** The key that marks it, one character; keys of a set are distinct. */
  key: string | null;
  /** Time to show before an event in clips and exports; null: the usual one. */
  lead_us: number | null;
  /** Time to show after an event; null: the usual one. */
  lag_us: number | null;
}

/** A set of labels to choose from. */
export interface LabelSetInfo {
  name: string;
  title: string;
  labels: LabelInfo[];
}

/** A change of the labels in use. */
export interface LabelsChange {
  what: "labels";
  id: "set";
  before: LabelsValue | null;
  after: LabelsValue | null;
}

/** The labels in use, in order. */
export interface LabelsValue {
  labels: LabelInfo[];
}

/** Addresses of what the bundle holds besides events; null for what it does not hold. */
export interface Parts {
  /** As the report's ``tracks``. */
  tracks: string | null;
  actions: string | null;
  sound: string | null;
  /** Answers :class:`KeepersAnswer`. */
  keepers: string | null;
  /** ``GET`` with ``?time_us=T&x=X&y=Y`` answers a :class:`Place`. */
  place: string | null;
}

/** A point of the picture on the pitch. */
export interface Place {
  /** Metres from the centre spot; null where the pitch is not known at that time. */
  point_m: [number, number] | null;
}

/** A change of a player. */
export interface PlayerChange {
  what: "player";
  id: string;
  before: PlayerValue | null;
  after: PlayerValue | null;
}

/** A player of a team. */
export interface PlayerValue {
  /** May be empty if there is a number. */
  name: string;
  /** The number on the shirt. */
  number: number | null;
  /** Id of the team. */
  team: string | null;
}

/** The video encoded again for the browser: H.264 and AAC, every frame at the same time. */
export interface ProxyInfo {
  /** ``missing``: post to ``/api/bundles/{id}/proxy`` to have it made. */
  state: "unneeded" | "missing" | "making" | "ready" | "failed";
  /** Address of the proxy, once it is ready. */
  src: string | null;
  /** Id of the job that makes it. */
  job: string | null;
}

/** ``POST /api/bundles/{id}/entries``: do a command again that was taken back. */
export interface RedoPost {
  window: string;
  n: number;
  redo: number;
}

/** A change of the spans that were gone through. */
export interface ReviewedChange {
  what: "reviewed";
  id: "spans";
  before: ReviewedValue | null;
  after: ReviewedValue | null;
}

/** The parts of the video that a person went through completely; there the accepted events are the truth. */
export interface ReviewedValue {
  /** Half-open, in order, with time between them. */
  spans: [number, number][];
}

/** ``GET /api/session``: what this server offers. */
export interface Session {
  /** Of touchline. */
  version: string;
  /** The name that new entries carry. */
  who: string;
  bundles: BundleRef[];
  label_sets: LabelSetInfo[];
  /** The set chosen on the command line; null: the labels of each bundle. */
  label_set: string | null;
  exports: ExportFormat[];
}

/** A change of a team's name or colour. */
export interface TeamChange {
  what: "team";
  /** ``A``, ``B``, ``left``, ``right``, or any other id in use. */
  id: string;
  before: TeamValue | null;
  after: TeamValue | null;
}

/** A team as the model found it. */
export interface TeamInfo {
  id: string;
  /** What to call it as long as nobody has named it. */
  name: string;
  /** Of its kit; null if unknown. */
  colour: string | null;
}

/** A team's name and colour. */
export interface TeamValue {
  name: string;
  /** Of its kit. */
  colour: string | null;
}

/** A change of a label's threshold. */
export interface ThresholdChange {
  what: "threshold";
  /** The label. */
  id: string;
  before: ThresholdValue | null;
  after: ThresholdValue | null;
}

/** The confidence from which a label's events count. */
export interface ThresholdValue {
  value: number;
}

/** Small pictures at regular times, in sprites: thumbnail k is in sprite ``k // (columns * rows)``, row by row. */
export interface ThumbsInfo {
  /** Address of a sprite, with ``{n}`` for its number from 0. */
  src: string;
  /** Of thumbnails; the last sprite may not be full. */
  count: number;
  /** Thumbnail k shows the time ``k * step_us``. */
  step_us: number;
  columns: number;
  rows: number;
  /** Of one thumbnail, in pixels. */
  width: number;
  height: number;
}

/** A change of a track or a fragment. */
export interface TrackChange {
  what: "track";
  id: string;
  before: TrackValue | null;
  after: TrackValue | null;
}

/** What a person says about a track or a fragment; null: as the model says. */
export interface TrackValue {
  role: "ball" | "goalkeeper" | "player" | "referee" | null;
  /** Id of the team; empty for neither team. */
  team: string | null;
  player: string | null;
  /** The track or fragment that it is joined to. */
  same_as: string | null;
}

/** ``POST /api/bundles/{id}/entries``: take a command back. */
export interface UndoPost {
  window: string;
  n: number;
  undo: number;
}

/** Other events of the same video, to lay beside: known truth, or another model's. */
export interface Version {
  id: string;
  title: string;
  kind: "truth" | "bundle";
  events: EventColumns;
}

/** The video and how to show it. */
export interface VideoData {
  name: string;
  /** Of the upright picture in square pixels. */
  width: number;
  height: number;
  /** Average frame rate, for people only; use the frames' own times. 0 if unknown. */
  fps: number;
  duration_us: number;
  /** FFmpeg's name. */
  codec: string;
  has_audio: boolean;
  /** Address of the video itself; null if the file is gone. */
  src: string | null;
  /** What to add to a frame's time to get the browser's ``currentTime`` in ``src`` (of the proxy: 0). */
  src_start_us: number;
  /** With codecs, to ask the browser whether it can play ``src``. */
  mime: string;
  /** Whether browsers play the file: ``maybe`` depends on the browser and the system (HEVC, AV1). */
  playable: "yes" | "maybe" | "no";
  /** Why a browser may not play it, or why there is no video, in words; empty if all is well. */
  why_not: string;
  proxy: ProxyInfo;
  /** Address of the frames' times: float64 little-endian, microseconds; answers 202 and a job until they are known. */
  frames: string;
  thumbs: ThumbsInfo | null;
  wave: WaveInfo | null;
}

/** The loudness of the sound: one byte for each span of time, 0 to 255 for an amplitude of 0 to 1. */
export interface WaveInfo {
  /** Answers 202 and a job until it is made. */
  src: string;
  step_us: number;
}

/** Whether a window may write. */
export interface WindowAnswer {
  writer: boolean;
  /** Why it may not, in words for the user; null for the one that writes. */
  reason: string | null;
  /** Whether ``take_over`` would help: another window of this server writes. Otherwise another program does. */
  can_take_over: boolean;
  /** Number of the last entry; 0 if there is none. A window that only reads fetches what it has not seen. */
  n: number;
}

/** ``POST /api/bundles/{id}/window``: a window is alive; sent when it opens and every 5 s. */
export interface WindowPost {
  window: string;
  /** Become the one that writes, even if another window does. */
  take_over?: boolean;
  /** The window is being closed; another may write at once. */
  close?: boolean;
}
