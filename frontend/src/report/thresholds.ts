// The thresholds that a person set: kept in the browser for these events, and shown where they differ from the usual.

import { byId } from '../shared/dom';
import { keep, readKept } from '../shared/kept';
import type { ReportData, ReportLane } from './data';

const isThresholds = (value: unknown): value is Record<string, number> => (
  typeof value === 'object' && value !== null && Object.values(value).every((one) => typeof one === 'number' && one >= 0 && one <= 1));

export class Thresholds {
  private readonly key: string;

  /** `changed(lane)` is called after a threshold changed; without a lane all may have. */
  constructor(private readonly data: ReportData, private readonly changed: (lane: ReportLane | null) => void) {
    this.key = `touchline:thresholds:${data.key}`;
    const kept = readKept(this.key, isThresholds) ?? {};
    for (const lane of data.lanes) lane.threshold = kept[lane.label] ?? lane.threshold;
    byId('reset-all').addEventListener('click', () => this.reset());
    this.show();
  }

  set(lane: ReportLane, value: number): void {
    lane.threshold = value;
    this.store(lane);
  }

  /** Set one lane, or all, to the threshold that the events were found with. */
  reset(lane: ReportLane | null = null): void {
    for (const one of lane ? [lane] : this.data.lanes) one.threshold = one.usual;
    this.store(lane);
  }

  private store(lane: ReportLane | null): void {
    const own = this.own();
    keep(this.key, own.length ? Object.fromEntries(own.map((one) => [one.label, one.threshold])) : null);
    this.show();
    this.changed(lane);
  }

  private own(): ReportLane[] {
    return this.data.lanes.filter((lane) => lane.threshold !== lane.usual);
  }

  private show(): void {
    const { length } = this.own();
    byId('changed').hidden = !length;
    byId('changed-count').textContent = length === 1 ? '1 threshold changed' : `${length} thresholds changed`;
  }
}
