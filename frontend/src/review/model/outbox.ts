// Steps on their way to the server: sent one at a time and in order, tried again while the connection is gone.

import type { Step } from './values';

export type SendResult =
  | { kind: 'saved'; n: number }
  | { kind: 'stale' }                       // somebody else wrote first (409)
  | { kind: 'read-only'; message: string }  // another window holds the bundle (423)
  | { kind: 'refused'; message: string }    // the server does not take this step (422)
  | { kind: 'unreachable' };

export interface Pending { n: number; step: Step }

export type OutboxState = 'idle' | 'sending' | 'unreachable' | 'stopped';

export interface OutboxActions {
  send(pending: Pending): Promise<SendResult>;
  /** Called when the state or the number of waiting steps has changed. */
  changed(): void;
  /** Called when the server took a step back or cannot go on; the outbox stands still until `resume` or `replace`. */
  stopped(reason: Exclude<SendResult, { kind: 'saved' | 'unreachable' }>, pending: Pending): void;
  /** Wait between attempts; replaced in tests. */
  wait(milliseconds: number): Promise<void>;
}

const PAUSES_MS = [300, 700, 1500, 3000, 5000];

export class Outbox {
  state: OutboxState = 'idle';
  private waiting: Pending[] = [];
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly actions: OutboxActions) {}

  get pending(): readonly Pending[] {
    return this.waiting;
  }

  add(pending: Pending): void {
    this.waiting = [...this.waiting, pending];
    this.actions.changed();
    if (this.state === 'idle') void this.run();
  }

  /** Do `work` while no step is under way: what it reads and replaces cannot change below it. */
  between<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }

  /** Put other steps in place of those that wait, and go on sending. */
  replace(pending: readonly Pending[]): void {
    this.waiting = [...pending];
    this.resume();
  }

  /** Go on sending after a stop. */
  resume(): void {
    if (this.state === 'sending' || this.state === 'unreachable') return;
    this.set('idle');
    if (this.waiting.length) void this.run();
  }

  private set(state: OutboxState): void {
    this.state = state;
    this.actions.changed();
  }

  private async run(): Promise<void> {
    let failures = 0;
    this.set('sending');
    while (this.waiting.length) {
      const sent = await this.between(() => this.sendFirst());
      if (!sent) break;
      if (sent.result.kind === 'saved') {
        failures = 0;
        this.set('sending');
      } else if (sent.result.kind === 'unreachable') {
        this.set('unreachable');
        await this.actions.wait(PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)]);
        failures += 1;
      } else {
        this.set('stopped');
        this.actions.stopped(sent.result, sent.first);
        return;
      }
    }
    this.set('idle');
  }

  private async sendFirst(): Promise<{ first: Pending; result: SendResult } | null> {
    const first = this.waiting.at(0);
    if (!first) return null;
    const result = await this.actions.send(first);
    if (result.kind === 'saved') this.waiting = this.waiting.filter((pending) => pending !== first);
    return { first, result };
  }
}
