// What a person can change, as it is kept in the journal. Times are microseconds from the first shown frame.

import type {
  BoxValue, Change, CutValue, Entry, EventValue, LabelInfo, LabelsValue, PlayerValue, ReviewedValue, TeamValue, ThresholdValue,
  TrackValue,
} from '../types';

export type { Change, Entry, EventValue, LabelInfo, PlayerValue, TeamValue, TrackValue };

/** A half-open span of the video, [start, end) in microseconds. */
export type Span = [number, number];
/** A box on the picture in pixels: left, top, right, bottom. */
export type Box = [number, number, number, number];

export interface Values {
  event: EventValue;
  reviewed: ReviewedValue;
  threshold: ThresholdValue;
  team: TeamValue;
  player: PlayerValue;
  cut: CutValue;
  track: TrackValue;
  box: BoxValue;
  labels: LabelsValue;
}

export type Kind = keyof Values;

/** A command, or the undoing or redoing of one by its number. */
export type Step = { do: Change[] } | { undo: number } | { redo: number };

/** Return what an entry of the journal does. */
export function stepOf(entry: Entry): Step {
  if (entry.undo != null) return { undo: entry.undo };
  if (entry.redo != null) return { redo: entry.redo };
  return { do: entry.do ?? [] };
}
